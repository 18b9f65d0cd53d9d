// Needs: il-atlas, il-look, il-stage
// Data of a page, each in a script beside this file, such as maps/googlenet.js. A script, because
// pages that are opened as files may load nothing else. Each calls `bookData.add` with its path.
(() => {
  "use strict";

  const here = document.currentScript.src;
  const found = {};
  const requests = {};

  globalThis.bookData = {
    add(path, value) {
      found[path] = value;
    },

    /** A promise of the data at a path, such as "maps/googlenet". */
    load(path) {
      requests[path] ??= new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = new URL(`${path}.js`, here);
        script.onload = () => resolve(found[path]);
        script.onerror = () => {
          delete requests[path]; // the next choice tries again
          reject(new Error(`no data of ${path}`));
        };
        document.head.append(script);
      });
      return requests[path];
    },

    /** The address of a page of the book, or of a file beside this one, from wherever this page lies. */
    address: (page) => new URL(`../${page}`, here).href,
  };
})();

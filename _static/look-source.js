// Needs: il-look
// Where the pixels of look.html come from: a photograph of the book, or a file of the reader's own,
// which is read here and sent nowhere. And the square in it, which a pointer moves.
(() => {
  "use strict";

  const MOST = 1024; // pixels of the longer side that are kept of a reader's file
  const KEPT = "il-look-own"; // the browser forgets it when the tab is closed

  /**
   * @param parts {canvas, frame, square}: where the picture is shown, its box, and the square in it.
   * @param changed(square, stays) is called when a pointer moved the square; `stays` when it rests.
   */
  function source({ canvas, frame, square }, changed) {
    const { inside } = globalThis.lookPicture;
    let pixels = null; // {data, width, height} of what is shown
    let own = null; // the reader's own picture, as an image
    let at = null; // the square

    function show(image, width, height) {
      [canvas.width, canvas.height] = [width, height];
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.fillStyle = "#fff"; // behind what is transparent
      context.fillRect(0, 0, width, height);
      context.drawImage(image, 0, 0, width, height);
      pixels = context.getImageData(0, 0, width, height);
      frame.style.setProperty("--ratio", width / height);
    }

    /** Show a photograph of the book. `wanted()` is false where another one was chosen meanwhile. */
    async function photograph(name, wanted) {
      const image = new Image();
      image.src = await globalThis.bookData.load(`look/photo-${name}`);
      await image.decode();
      if (wanted()) show(image, image.width, image.height);
    }

    /** Read a file of the reader's; an error where the browser cannot. */
    async function read(file) {
      own = await createImageBitmap(file);
    }

    /** Show the reader's own picture, at most `MOST` pixels long. */
    function showOwn() {
      const scale = Math.min(MOST / Math.max(own.width, own.height), 1);
      const [width, height] = [own.width, own.height].map((side) => Math.max(Math.round(side * scale), 1));
      show(own, width, height);
    }

    /** Keep the reader's own picture, which is shown, for when the page is opened again: the atlas is a click away. */
    function keep(name) {
      try {
        sessionStorage.removeItem(KEPT);
        sessionStorage.setItem(KEPT, JSON.stringify([name, canvas.toDataURL()]));
      } catch {
        // it is too large, or the browser keeps nothing
      }
    }

    /** Read the picture that was kept; its name, or null where there is none. */
    async function again() {
      try {
        const [name, data] = JSON.parse(sessionStorage.getItem(KEPT));
        const image = new Image();
        image.src = data;
        await image.decode();
        own = image;
        return name;
      } catch {
        return null;
      }
    }

    /** Put the square where it is, and say what the sliders can reach. */
    function place(kept) {
      at = kept;
      const { width, height } = pixels;
      const share = (part, whole) => `${(100 * part) / whole}%`;
      Object.assign(square.style, {
        left: share(at.left, width),
        top: share(at.top, height),
        width: share(at.side, width),
        height: share(at.side, height),
      });
    }

    /** A slider changed one side; a square grows and shrinks around its middle. */
    function changeTo(key, value) {
      const next = { ...at, [key]: value };
      const more = key === "side" ? (at.side - value) / 2 : 0;
      return inside({ ...next, left: next.left + more, top: next.top + more }, pixels);
    }

    function point(event, stays) {
      const box = canvas.getBoundingClientRect();
      const scale = pixels.width / box.width;
      const [x, y] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
      const moved = { left: x - at.side / 2, top: y - at.side / 2, side: at.side };
      changed(inside(moved, pixels), stays);
    }

    frame.addEventListener("click", (event) => point(event, true));
    square.addEventListener("pointerdown", (event) => square.setPointerCapture(event.pointerId));
    square.addEventListener("pointermove", (event) => event.buttons && point(event, false));

    return {
      again, changeTo, keep, photograph, place, read, showOwn,
      limits: () => ({ side: Math.min(pixels.width, pixels.height), left: pixels.width - 1, top: pixels.height - 1 }),
      pixels: () => pixels,
    };
  }

  globalThis.lookSource = source;
})();

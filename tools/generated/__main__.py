"""`python -m tools.generated`"""

from . import main

main()

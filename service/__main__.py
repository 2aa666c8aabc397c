"""`python -m service` and the installed `closeout`."""

from service.cli import main

if __name__ == "__main__":
    main()

"""Commands for the shell: `manage.py NAME`."""

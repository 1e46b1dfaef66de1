"""Starts a launcher and waits for it, as `make` does."""

import subprocess
import sys

if __name__ == "__main__":
    sys.exit(subprocess.run([sys.executable, "-m", "tests.launcher.stand_in"], check=False).returncode)

"""The hub's own settings, with one more address: the view that everything is compared with."""

from hub.settings import *  # noqa: F403  # all of them, so that nothing else differs

ROOT_URLCONF = "bench.constant"

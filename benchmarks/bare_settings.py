"""The settings, with the bare webhook beside the product's pages."""

from linzhu.settings import *  # noqa: F403

ROOT_URLCONF = "bare_webhook"

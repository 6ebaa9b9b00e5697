# SPDX-License-Identifier: MIT
"""plait as janus, for the tests of janus."""

from two_faces import *

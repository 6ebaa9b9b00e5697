# SPDX-License-Identifier: MIT
"""plait as culsans, for the tests of culsans."""

from two_faces import *

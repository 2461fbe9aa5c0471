"""The import names of Tencent's ``vod-python-sdk``, over vodkit.

Importing it also lets ``tencentcloud`` and ``qcloud_cos`` be imported where they are not installed.
"""

from . import _finder as _finder

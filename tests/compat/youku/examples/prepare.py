"""The blog on the SDK, first snippet of step 3: the parameters of a video, each by its name.

The page prints the method on one line, without its line ends; a user calls it and writes none of it. Titles
are cut to 80 characters where the page says 50.
"""

from youku import YoukuUpload

youku = YoukuUpload("CLIENT_ID", "ACCESS_TOKEN", "UPLOAD_FILE")
params = youku.prepare_video_params(
    title=None,
    tags="Others",
    description="",
    copyright_type="original",
    public_type="all",
    category=None,
    watch_password=None,
    latitude=None,
    longitude=None,
    shoot_time=None,
)
print(params)
print(youku.upload(params))

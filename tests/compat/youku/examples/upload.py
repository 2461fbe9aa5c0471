"""The blog on the SDK, steps 1 and 2: an object of three arguments; upload of a dictionary with a title.

The page describes the two calls in words; nothing has to be mended.
"""

from youku import YoukuUpload

client_id = "CLIENT_ID"
access_token = "ACCESS_TOKEN"

youku = YoukuUpload(client_id, access_token, "UPLOAD_FILE")
print(youku.upload({"title": "优酷上传"}))

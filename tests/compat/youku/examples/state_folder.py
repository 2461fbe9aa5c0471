"""The blog on uploading, section 5: the state of uploads goes to another place than the video's folder.

The page shows pictures of the SDK's source, before and after its place was edited. Here it is a setting.
It is a folder: one file for all uploads is what gave the page's author one id for two videos. The id is
logged, as the page's last advice has it.
"""

import logging

from youku import YoukuUpload

logging.basicConfig(filename="youku.log", level=logging.INFO)
YoukuUpload.state_folder = "youku-state"

youku = YoukuUpload("CLIENT_ID", "ACCESS_TOKEN", "UPLOAD_FILE")
print(youku.upload({"title": "测试优酷Python客户端上传", "tags": "other"}))

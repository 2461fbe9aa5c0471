"""Upload of an HLS folder by its playlist.

As the vendor prints it, but for the body of ``try``, which stands at the margin there: a user must indent it.
The vendor's text names ``prog_index.mp4`` here by mistake: only a playlist's own name takes its files along.
"""

from qcloud_vod.model import VodUploadRequest
from qcloud_vod.vod_upload_client import VodUploadClient

client = VodUploadClient("your secretId", "your secretKey")
request = VodUploadRequest()
request.MediaFilePath = "/data/file/prog_index.m3u8"
try:
    response = client.upload("ap-guangzhou", request)
    print(response.FileId)
    print(response.MediaUrl)
except Exception as err:
    # 处理业务异常
    print(err)

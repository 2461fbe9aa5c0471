"""Uploading in parts, and going on after a break.

What a user must mend: the bodies of ``while`` stand at the margin.
"""

public_key = ""
private_key = ""

public_space = ""  # 公共空间名称
sharding_key = ""  # 上传文件在空间中的名称
localfile = ""  # 本地文件名

from ucloud.uvideo import multipartuploaduvideo

multipartuploaduvideo_handler = multipartuploaduvideo.MultipartUploadUVideo(public_key, private_key)

# 分片上传一个全新的文件
ret, resp = multipartuploaduvideo_handler.uploadfile(public_space, sharding_key, localfile)
while True:
    if resp.status_code == 200:  # 分片上传成功
        break
    elif resp.status_code == -1:  # 网络连接问题,续传
        ret, resp = multipartuploaduvideo_handler.resumeuploadfile()
    else:  # 服务或者客户端错误
        print(resp.error)
        break

# 分片上传一个全新的二进制数据流
from io import BytesIO

bio = BytesIO(u"你好".encode("utf-8"))  # fmt: skip
ret, resp = multipartuploaduvideo_handler.uploadstream(public_space, sharding_key, bio)
while True:
    if resp.status_code == 200:  # 分片上传成功
        break
    elif resp.status_code == -1:  # 网络连接问题,续传
        ret, resp = multipartuploaduvideo_handler.resumeuploadstream()
    else:  # 服务器或者客户端错误
        print(resp.error)
        break

"""Fetching files.

As the vendor prints it: nothing needs mending.
"""

public_key = ""
private_key = ""

public_space = ""  # 公共空间名称
private_space = ""  # 私有空间名称
public_savefile = ""  # 保存文件名
private_savefile = ""  # 保存文件名
range_savefile = ""  # 保存文件名
put_key = ""  # 文件在空间中的名称
stream_key = ""  # 文件在空间中的名称

from ucloud.uvideo import downloaduvideo

downloaduvideo_handler = downloaduvideo.DownloadUVideo(public_key, private_key)

# 从公共空间下载文件
ret, resp = downloaduvideo_handler.download_file(public_space, put_key, public_savefile, isprivate=False)
assert resp.status_code == 200

# 从私有空间下载文件
ret, resp = downloaduvideo_handler.download_file(private_space, put_key, private_savefile)
assert resp.status_code == 200

# 下载包含文件范围请求的文件
ret, resp = downloaduvideo_handler.download_file(
    public_space, put_key, range_savefile, isprivate=False, expires=300, content_range=(0, 50)
)
assert resp.status_code == 206

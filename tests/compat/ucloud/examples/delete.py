"""Deleting files.

What a user must mend: the private space is named ``private_bucekt`` where it is defined, and
``private_space`` where it is used.
"""

public_key = ""
private_key = ""

public_space = ""  # 公共空间名称
private_space = ""  # 私有空间名称
delete_key = ""  # 文件在空间中的名称

from ucloud.uvideo import deleteuvideo

deleteuvideo_handler = deleteuvideo.DeleteUVideo(public_key, private_key)

# 删除公共空间的文件
ret, resp = deleteuvideo_handler.deletefile(public_space, delete_key)
assert resp.status_code == 204

# 删除私有空间的文件
ret, resp = deleteuvideo_handler.deletefile(private_space, delete_key)
assert resp.status_code == 204

"""Managing spaces.

What a user must mend: ``updatespace(...)`` is followed by a colon, and ``public_space`` is defined in other
examples only. The calls go to the module and not to the handler, as printed: that works here.
"""

public_key = ""
private_key = ""
public_space = ""

from ucloud.uvideo import spacemanager

spacemanager_handler = spacemanager.BucketManager(public_key, private_key)

# 创建新的space
spacename = "space to create"  # 创建的空间名称
ret, resp = spacemanager.createspace(spacename, "public")
assert resp.status_code == 200

# 删除space
spacename = "space to delete"  # 待删除的空间名称
ret, resp = spacemanager.deletespace(spacename)
print(ret)

# 获取space信息
spacename = "space to describe"  # 待查询的空间名称
ret, resp = spacemanager.describespace(public_space)
print(ret)

# 更改space属性
spacename = "space to update"  # 待更改的私有空间名称
spacemanager.updatespace(spacename, "public")

# 获得空间文件列表
spacename = "space to list"  # 待查询的空间名称
offset = 0  # 文件列表起始位置
limit = 20  # 获取文件数量
ret, resp = spacemanager.getfilelist(spacename, offset, limit)
print(ret)

"""Parameters that all examples share.

As the vendor prints it: nothing needs mending. The other examples of the page go on from here, and repeat
the keys only to be complete in themselves.
"""

public_key = ""  # 账户公私钥中的公钥
private_key = ""  # 账户公私钥中的私钥

# 设置参数
from ucloud.uvideo import config

# 设置云视频上传host,外网可用 uploadvideo.auto-ai.com.cn
config.set_default(uploadsuffix="YOUR_UPLOAD_SUFFIX")
# 设置下载host后缀,比如CDN下载 .uvideo.auto-ai.com.cn
config.set_default(downloadsuffix="YOUR_DOWNLOAD_SUFFIX")
# 设置请求连接超时时间,单位为秒
config.set_default(connection_timeout=60)
# 设置私有space下载链接有效期,单位为秒
config.set_default(expires=60)

# 设置日志文件
from ucloud import logger

locallogname = ""  # 完整本地日志文件名
logger.set_log_file(locallogname)

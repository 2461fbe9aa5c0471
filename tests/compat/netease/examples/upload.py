"""Upload of a file.

As the vendor prints it; a user must say who appKey and secretKey are.
"""

from vcloud import Client

appKey, secretKey = "Your AppKey", "Your AppSecret"

client = Client(appKey, secretKey)

# 上传初始化的请求包体参数
body = {"originFileName": "beauty.mp4"}

# 要上传文件的本地路径
localfile = "/Users/Royen/Documents/video/beauty.mp4"

res = client.upload_file(body, localfile)

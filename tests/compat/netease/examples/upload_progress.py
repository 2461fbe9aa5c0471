"""Upload of a file, with progress.

As the vendor prints it; a user must say who appKey and secretKey are, and print with parentheses.
"""

from vcloud import Client


# 负责接收进度的回调函数
def upload_progress(offset, size):
    if size == 0:
        print("upload process ... {0}".format("%5.1f%%" % (100 * 0)))
    else:
        ratio = float(offset) / size
        print("upload process ... {0}".format("%5.1f%%" % (100 * ratio)))


appKey, secretKey = "Your AppKey", "Your AppSecret"

client = Client(appKey, secretKey)

# 上传初始化的请求包体参数
body = {"originFileName": "beauty.mp4"}

# 要上传文件的本地路径
localfile = "/Users/Royen/Documents/video/beauty.mp4"

res = client.upload_file(body, localfile, upload_progress)

"""The id of an uploaded video.

As the vendor prints it; a user must say who appKey and secretKey are, and print with parentheses.
"""

from vcloud import Client

appKey, secretKey = "Your AppKey", "Your AppSecret"

client = Client(appKey, secretKey)
# 查询视频的请求包体参数
body = {"objectNames": ["sdfs.mp4"]}

res = client.query_id(body)
if res != None:
    print("client.query_id res : {0}".format(vars(res)))
else:
    print("query video error!")

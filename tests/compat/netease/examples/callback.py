"""Setting the address of callbacks.

As the vendor prints it; a user must say who appKey and secretKey are, and print with parentheses.
"""

from vcloud import Client

appKey, secretKey = "Your AppKey", "Your AppSecret"

client = Client(appKey, secretKey)

# 设置回调地址的请求包体参数
body = {"callbackUrl": "http://1.111.11.1"}

res = client.set_callback(body)
if res != None:
    print("client.set_callback res : {0}".format(res))
else:
    print("set callback error!")

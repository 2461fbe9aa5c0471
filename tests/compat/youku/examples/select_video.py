"""The blog on uploading, section 4: what became of a video, asked by plain ``requests``.

What a user must mend in the page's text: the client id stands between quotes that are sent along;
``youku_vid`` is given nowhere; the answer is dropped. Nothing of it is the vendor's package; with that it is
``YoukuVideos(client_id).find_video_detail_by_id(youku_vid)``, which is asked, too.
"""

import requests
from youku import YoukuVideos

GET = requests.get


def select_youku(youku_vid):
    url = "https://api.youku.com/videos/show.json?client_id=CLIENT_ID&video_id=%s" % youku_vid
    return GET(url)  # 返回视频信息


youku_vid = "VIDEO_ID"

if __name__ == "__main__":
    shown = select_youku(youku_vid).json()
    print(shown["id"])
    print(shown["state"])
    print(YoukuVideos("CLIENT_ID").find_video_detail_by_id(youku_vid) == shown)

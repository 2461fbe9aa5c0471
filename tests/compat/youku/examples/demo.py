"""The blog on uploading, section 3: the upload of a file with title, tags and description.

What a user must mend in the page's text: there is no comma after the title and after the tags; ``CLIENT_ID``,
``ACCESS_TOKEN`` and ``UPLOAD_FILE`` are given nowhere. The page drops the id that upload() returns; it is
printed here.
"""

from youku import YoukuUpload

CLIENT_ID = "CLIENT_ID"
ACCESS_TOKEN = "ACCESS_TOKEN"
UPLOAD_FILE = "UPLOAD_FILE"


def test_upload():
    file_info = {
        "title": "测试优酷Python客户端上传",  # 必选
        "tags": "other",  # 必选
        "description": "Polymer video #7",  # 选填
    }
    youku = YoukuUpload(CLIENT_ID, ACCESS_TOKEN, UPLOAD_FILE)
    print(youku.upload(file_info))


if __name__ == "__main__":
    test_upload()

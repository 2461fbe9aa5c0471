"""The blog on the SDK, section 2: the whole of it, as its upload() uses it, going on and giving up.

What a user must mend in the page's text: it has lost its line ends and indentation; ``from util import`` is
``from youku.util import``; ``except YoukuError, e`` is ``except YoukuError as e``; the folder in ``/var/log``
and the handler of the root logger go, the logger is the fifth argument.
"""

import logging

from youku import YoukuUpload
from youku.util import YoukuError, check_error

log = logging.getLogger("blog")
youku = YoukuUpload("CLIENT_ID", "ACCESS_TOKEN", "UPLOAD_FILE", 17, log)
print(youku.spec()["allowed_max_file_size"] > youku.file_size)
youku.create(youku.prepare_video_params(title="given up"))
youku.create_file()
token = youku.upload_token
print(youku.cancel() == token)
try:
    check_error(type("Response", (), {"status_code": 400, "text": '{"error": {"code": 120010223}}'})())
except YoukuError as e:
    print(e.code == 120010223)

params = {"title": "优酷上传"}
youku.create(youku.prepare_video_params(**params))
youku.create_file()
youku.new_slice()
youku.upload_slice()
del youku

youku = YoukuUpload("CLIENT_ID", "ACCESS_TOKEN", "UPLOAD_FILE", 17, log)
print(youku.upload_token is not None)
status = youku.check()
if status["status"] != 4:
    video_id = youku.commit()
else:
    youku.new_slice()
    while youku.slice_task_id != 0:
        youku.upload_slice()
    video_id = youku.commit()
print(video_id)

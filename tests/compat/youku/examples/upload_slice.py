"""The blog on the SDK, last snippet of step 3: new_slice, upload_slice until slice_task_id is 0, commit.

The page prints upload_slice on one line, without its line ends; a user calls it and writes none of it.
"""

from youku import YoukuUpload

youku = YoukuUpload("CLIENT_ID", "ACCESS_TOKEN", "UPLOAD_FILE")
youku.create(youku.prepare_video_params(title="优酷上传"))
youku.create_file()
youku.new_slice()
while youku.slice_task_id != 0:
    print(youku.slice_task_id, youku.slice_offset, youku.slice_length, youku.transferred_percent())
    youku.upload_slice()
print(youku.slice_task_id, youku.transferred, youku.finished)
print(youku.commit())

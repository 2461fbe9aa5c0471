"""The blog on the SDK, second snippet of step 3: create opens the upload; token and address are attributes.

The page prints the method on one line, without its line ends; a user calls it and writes none of it. The
access token goes in a form where the page puts it into the address, ``params`` stays as it is, and no token
is logged.
"""

from youku import YoukuUpload

youku = YoukuUpload("CLIENT_ID", "ACCESS_TOKEN", "UPLOAD_FILE", v_vid=17)
params = youku.prepare_video_params(title="优酷上传")
youku.create(params)
print(youku.file_md5 == youku.checksum_md5file(youku.file))
print(youku.upload_token is not None)
print(youku.upload_server_ip)
youku.create_file()
youku.new_slice()
while youku.slice_task_id != 0:
    youku.upload_slice()
print(youku.commit())

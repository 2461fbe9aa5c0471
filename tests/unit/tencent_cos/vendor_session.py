"""Runs in the vendor's environment: cos-python-sdk-v5, unmodified, against a port; prints facts as JSON."""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

from qcloud_cos import CosConfig, CosS3Client, CosServiceError

PORT, BUCKET = int(sys.argv[1]), sys.argv[2]
MIB = 1024 * 1024
HEX = hashlib.md5(b"x").hexdigest()


def client(secret_id, secret_key, token=None):
    return CosS3Client(
        CosConfig(
            Region="ap-chongqing",
            SecretId=secret_id,
            SecretKey=secret_key,
            Token=token,
            Scheme="http",
            IP="127.0.0.1",
            Port=PORT,
        )
    )


def refusal(call):
    try:
        call()
    except CosServiceError as error:
        return [error.get_status_code(), error.get_error_code(), bool(error.get_request_id())]
    return "accepted"


def main():
    temp = client("temp", "temp-secret", "temp-token")
    root = client("root", "root-secret")
    facts = {"sizes": {}, "refusals": {}}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        for size in (0, 1, 1000, MIB, MIB + 1, 3 * MIB + 7):
            data = bytes(n % 251 for n in range(1000)) * (size // 1000 + 1)
            path.write_bytes(data[:size])
            for md5 in (False, True):
                key = f"dir/f {size} 中+{md5}.mp4"
                temp.upload_file(Bucket=BUCKET, Key=key, LocalFilePath=str(path), EnableMD5=md5)
                got = root.get_object(Bucket=BUCKET, Key=key)["Body"].get_raw_stream().read()
                facts["sizes"][f"{size}-{md5}"] = got == data[:size]

        path.write_bytes(b"r" * (2 * MIB + 5))
        at = {"Bucket": BUCKET, "Key": "dir/resumed.mp4"}
        upload = temp.create_multipart_upload(**at)["UploadId"]
        temp.upload_part(**at, Body=b"r" * MIB, PartNumber=1, UploadId=upload)
        before = temp.list_parts(**at, UploadId=upload)["Part"][0]
        temp.upload_file(**at, LocalFilePath=str(path))
        head = root.head_object(**at)
        facts["resumed"] = [before["PartNumber"], head["Content-Length"], head["ETag"].endswith('-3"')]

        down = Path(folder) / "down"
        root.download_file(**at, DestFilePath=str(down), EnableCRC=True)
        facts["downloaded with CRC"] = down.read_bytes() == path.read_bytes()
        part = root.get_object(**at, Range="bytes=5-9")
        facts["range"] = [part["Content-Range"], part["Body"].get_raw_stream().read().decode()]

    facts["pending"] = [
        (pending["Key"], pending["UploadId"] == other)
        for other in [temp.create_multipart_upload(Bucket=BUCKET, Key="dir/pending 中")["UploadId"]]
        for pending in temp.list_multipart_uploads(Bucket=BUCKET, Prefix="dir/")["Upload"]
    ]
    at["Key"] = "dir/none"
    upload = temp.create_multipart_upload(**at)["UploadId"]
    facts["refusals"] = {
        "scope": refusal(lambda: temp.put_object(Bucket=BUCKET, Key="elsewhere", Body=b"x")),
        "secret": refusal(lambda: client("root", "guess").get_object(**at)),
        "key": refusal(lambda: client("nobody", "x").get_object(**at)),
        "token": refusal(lambda: client("temp", "temp-secret", "old").put_object(**at, Body=b"x")),
        "absent": refusal(lambda: root.get_object(**at)),
        "head": refusal(lambda: root.head_object(**at)),
        "upload": refusal(lambda: temp.upload_part(**at, Body=b"x", PartNumber=1, UploadId="none")),
        "part": refusal(
            lambda: temp.complete_multipart_upload(
                **at, UploadId=upload, MultipartUpload={"Part": [{"PartNumber": 1, "ETag": HEX}]}
            )
        ),
        "dots": refusal(lambda: temp.put_object(Bucket=BUCKET, Key="dir/../up", Body=b"x")),
    }
    temp.abort_multipart_upload(**at, UploadId=upload)
    facts["refusals"]["aborted"] = refusal(lambda: temp.list_parts(**at, UploadId=upload))
    root.delete_object(Bucket=BUCKET, Key="dir/resumed.mp4")
    facts["deleted"] = refusal(lambda: root.head_object(Bucket=BUCKET, Key="dir/resumed.mp4"))
    print(json.dumps(facts))


main()

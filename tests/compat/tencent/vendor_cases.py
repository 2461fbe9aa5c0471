"""The fourteen cases of the vendor's own test suite, restated: a program for ``python -m unittest``.

It is run where the files it names are, with whatever ``qcloud_vod`` is on the path. Unlike the vendor's,
every case that expects an exception fails when there is none.
"""

import unittest

from qcloud_vod.exception import VodClientException
from qcloud_vod.model import VodUploadRequest
from qcloud_vod.vod_upload_client import VodUploadClient
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

REGION = "ap-guangzhou"
VIDEO = {"MediaFilePath": "Wildlife.mp4", "CoverFilePath": "Wildlife-cover.png"}


class VendorCases(unittest.TestCase):
    """Each method is one case, under the vendor's name for it."""

    def setUp(self):
        self.client = VodUploadClient("Your SecretId", "Your SecretKey")

    def upload(self, progress_callback=None, **fields):
        request = VodUploadRequest()
        for name, value in fields.items():
            setattr(request, name, value)
        response = self.client.upload(REGION, request, progress_callback)
        self.assertIsNotNone(response.FileId)
        return response

    def refused_here(self, message, **fields):
        with self.assertRaises(VodClientException) as caught:
            self.upload(**fields)
        self.assertEqual(str(caught.exception), message)

    def refused_there(self, message, **fields):
        with self.assertRaises(TencentCloudSDKException) as caught:
            self.upload(**VIDEO, **fields)
        self.assertEqual(caught.exception.get_message(), message)

    def test_lack_media_path(self):
        self.refused_here("lack media path")

    def test_lack_media_type(self):
        self.refused_here("lack media type", MediaFilePath="Wildlife")

    def test_invalid_media_path(self):
        self.refused_here("media path is invalid", MediaFilePath="WildlifeA")

    def test_invalid_cover_path(self):
        self.refused_here(
            "cover path is invalid", MediaFilePath="Wildlife.mp4", CoverFilePath="Wildlife-coverA"
        )

    def test_lack_cover_type(self):
        fields = {**VIDEO, "CoverFilePath": "Wildlife-cover"}
        self.refused_here("lack cover type", **fields)

    def test_invalid_media_type(self):
        self.refused_there("invalid media type", MediaType="test")

    def test_invalid_cover_type(self):
        self.refused_there("invalid cover type", CoverType="test")

    def test_upload(self):
        response = self.upload(**VIDEO)
        self.assertTrue(response.MediaUrl)
        self.assertTrue(response.CoverUrl)

    def test_upload_with_progress_callback(self):
        told = []
        self.upload(lambda *pair: told.append(pair), MediaFilePath="Wildlife.mp4")
        self.assertEqual(told, sorted(told))
        self.assertEqual(*told[-1])

    def test_upload_with_procedure(self):
        self.upload(
            **VIDEO,
            Procedure="QCVB_SimpleProcessFile(1, 1)",
        )

    def test_upload_with_storage_region(self):
        self.upload(**VIDEO, StorageRegion="ap-chongqing")

    def test_upload_with_media_name(self):
        self.upload(**VIDEO, MediaName="test_20181011")

    def test_upload_hls(self):
        self.upload(MediaFilePath="hls/prog_index.m3u8")

    def test_upload_hls_masterplaylist(self):
        self.upload(MediaFilePath="hls/bipbopall.m3u8")


if __name__ == "__main__":
    unittest.main()

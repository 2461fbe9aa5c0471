"""Stands in for the vendor's package where that is not installed."""

from .tencent_cloud_sdk_exception import TencentCloudSDKException

__all__ = ["TencentCloudSDKException"]

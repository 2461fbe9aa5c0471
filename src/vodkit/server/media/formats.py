"""What may be opened."""

from __future__ import annotations

PROTOCOLS = "file,pipe"

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,live_flv,mpegts,mpeg,mpegvideo,asf,ogg,wav,w64,mp3,aac,flac,"
    "ac3,eac3,amr,aiff,caf,au,ape,wv,tta,h264,hevc,av1,obu,m4v,ivf,dv,mxf,rm,gif,apng,avs2,avs3,swf,nut,vc1,"
    "yuv4mpegpipe,jpeg_pipe,png_pipe,webp_pipe,bmp_pipe,tiff_pipe,gif_pipe,jpegxl_pipe"
)
"""Containers, as FFmpeg names them: those that hold all of their bytes themselves, none that names others."""

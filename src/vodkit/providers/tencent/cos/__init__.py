"""COS, the object store that Tencent VOD uploads go to: a wire of its own, both ends."""

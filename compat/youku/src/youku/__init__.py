"""The import names of the youku package, over vodkit's engine."""

from .util import YoukuError
from .youku_comments import YoukuComments
from .youku_oauth import YoukuOauth
from .youku_persons import YoukuPersons
from .youku_playlists import YoukuPlaylists
from .youku_schemas import YoukuSchemas
from .youku_searches import YoukuSearchs
from .youku_shows import YoukuShows
from .youku_upload import YoukuUpload
from .youku_users import YoukuUsers
from .youku_videos import YoukuVideos

__all__ = [
    "YoukuComments",
    "YoukuError",
    "YoukuOauth",
    "YoukuPersons",
    "YoukuPlaylists",
    "YoukuSchemas",
    "YoukuSearchs",
    "YoukuShows",
    "YoukuUpload",
    "YoukuUsers",
    "YoukuVideos",
]

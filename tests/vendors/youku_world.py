"""Users, shows, persons and keywords that the platform's directory calls find."""

from __future__ import annotations

from vodkit.providers.youku.server.items import Item

FRIEND = "155482632"
SEEDED = (
    Item("user", FRIEND, facts={"name": "GDGBeijing"}),
    Item(
        "show", "show1", facts={"name": "天下足球", "category": "体育", "paid": 1, "sites": [{"site": "14"}]}
    ),
    Item("show", "show2", facts={"name": "天下大事", "category": "体育", "paid": 0}),
    Item("person", "person1", facts={"name": "刘德华", "type": "歌手"}),
    Item("keyword", "天下足球", facts={"search_count": 10}),
)

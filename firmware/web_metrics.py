"""The web server's text for Prometheus. out is a connection's Peer."""

import asyncio

from fields import ENERGY, EXTRAS, FIELDS, TEXT, value_of
from net import payload

PASSING = True


async def answer(http, out, path, body):
    """Answer a request that is allowed."""
    await out.compose("text/plain; version=0.0.4", metrics, http)


async def metrics(http, out):
    """Prometheus' text: numbers that are known now. All lines of a name stand together."""
    board = http.board
    packs = [pack for pack in board.packs if pack.fresh()]
    row = 'packlog_%s{pack="%s"%s} %s\n'
    for pack in board.packs:
        await out.text(row % ("up", pack.name, "", int(pack in packs)))
    for pack in packs:
        await out.text(row % ("age_seconds", pack.name, "", pack.age_s()))
    energy = [pack.energy.values(pack.sample) for pack in packs]
    for table in (FIELDS, ENERGY, EXTRAS):
        at = -1
        for _, decimals, kind, *keys in table:
            for key in keys if kind != TEXT else ():
                at += 1
                for i, pack in enumerate(packs):
                    if table is ENERGY:
                        value = energy[i][at]
                    elif table is FIELDS:
                        value = value_of(pack.sample, key)
                    else:
                        value = pack.sample.extras.get(key)
                    if value is not None:
                        text = payload.decimal(int(value), decimals)
                        await out.text(row % (key, pack.name, "", text))
            await asyncio.sleep_ms(0)
    for key, name, _, decimals in payload.LISTS:
        for pack in packs:
            count = payload.count_of(pack.sample, key)
            for i, value in enumerate(payload.list_of(pack.sample, key)[:count]):
                text = payload.element(value, key, decimals)
                if text:
                    label = ',number="%d"' % (i + 1)
                    await out.text(row % ("each_" + name, pack.name, label, text))
    for key, value in board.values:
        if type(value) is int:
            await out.text("packlog_logger_%s %d\n" % (key.replace("-", "_"), value))

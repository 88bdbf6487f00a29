# Made by host_tools.install.package_json
PASSING = True
KINDS = (
    (
        "jk",
        {"service": 65504, "notify": 65505, "write": 65505},
        ({"service": 65504, "maker": (2917, 19274)},),
    ),
    (
        "jbd",
        {"service": 65280, "notify": 65281, "write": 65282},
        (
            {
                "service": 65280,
                "name": (
                    "JBD-*",
                    "DWF*",
                    "LSG-*",
                    "N-?????BL*",
                    "SX1*",
                    "SX60*",
                    "SBL-*",
                    "OGR-*",
                    "TZ-H*",
                    "xiaoxiang*",
                ),
            },
            {
                "service": 65280,
                "address": (
                    "10:a5:62",
                    "a4:c1:37",
                    "a4:c1:38",
                    "a5:c2:37",
                    "a5:c2:39",
                    "a5:c2:3a",
                    "aa:c2:37",
                    "70:3e:97",
                ),
            },
        ),
    ),
    (
        "daly",
        {"service": 65520, "notify": 65521, "write": 65522},
        ({"service": 65520, "name": ("DL-*",)}, {"maker": (258, 260, 770, 771, 1026)}),
    ),
    (
        "daly_old",
        {"service": 65520, "notify": 65521, "write": 65522},
        ({"service": 65520, "name": ("DL-*",)}, {"maker": (258, 260, 770, 771, 1026)}),
    ),
    (
        "redodo",
        {"service": 65504, "notify": 65505, "write": 65506},
        (
            {
                "service": 65504,
                "maker": (22618,),
                "name": (
                    "P-12*",
                    "P-24*",
                    "P-51*",
                    "PQ-12*",
                    "PQ-24*",
                    "R-12*",
                    "R-24*",
                    "RO-12*",
                    "RO-24*",
                    "L-12*",
                    "L-24*",
                    "L-51*",
                    "LT-12???BG-A0[7-9]*",
                    "LT-24???B-A00[3-9]*",
                    "LT-24???B-A0[1-9]*",
                    "LT-24???B-A[1-9]*",
                    "LT-51*",
                    "S-*",
                    "SS-*",
                ),
            },
        ),
    ),
    (
        "ant",
        {"service": 65504, "notify": 65505, "write": 65505},
        ({"service": 65504, "name": ("ANT?BLE[2-3]*",)},),
    ),
    (
        "ant_old",
        {"service": 65504, "notify": 65505, "write": 65505},
        ({"service": 65504, "name": ("ANT-BLE[0-1]*",)},),
    ),
    (
        "seplos_v2",
        {"service": 65280, "notify": 65281, "write": 65282},
        ({"service": 65280, "name": ("BP0?", "BP1?", "BP2?")},),
    ),
    (
        "seplos_v3",
        {"service": 65520, "notify": 65521, "write": 65522},
        ({"service": 65520, "name": ("SP??B*", "SP1??B*", "XZHX*", "CSY*")},),
    ),
    ("pace", {"service": 65520, "notify": 65521, "write": 65522}, ({"name": ("PC-????",)},)),
    (
        "eg4",
        {"service": 4096, "notify": 4098, "write": 4097},
        (
            {"service": 4096, "maker": (28544,), "address": ("80:6f:b0",)},
            {"maker": (17868,), "address": ("cc:45:a5",)},
        ),
    ),
    (
        "renogy",
        {"service": 65488, "write": 65489, "notify_service": 65520, "notify": 65521},
        ({"service": 65488, "name": ("BT-TH-*",)},),
    ),
    (
        "renogy_pro",
        {"service": 65488, "write": 65489, "notify_service": 65520, "notify": 65521},
        ({"maker": (57676,), "name": ("RNGRBP*", "RNGC*")},),
    ),
    (
        "sok",
        {"service": 65504, "notify": 65505, "write": 65506},
        ({"service": 65520, "name": ("ABC-*", "SOK-*", "NB-*", "Hoover")},),
    ),
    (
        "tdt",
        {"service": 65520, "notify": 65521, "write": 65522, "key": 65530, "word": "HiLink"},
        ({"maker": (54976,)}, {"service": 65520, "name": ("XDZN*", "WT*")}),
    ),
)

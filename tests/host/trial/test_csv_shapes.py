"""packlog encode on CSVs as people have them: the readings are the same, or a word says why not."""

import os
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from host_tools.ground import inputs
from host_tools.ground.errors import PacklogError
from host_tools.trial import encode, readings
from tests.helpers.command_line import packlog_here
from tests.helpers.encoding import EVERY, csv_of, encoded
from tests.helpers.mutations import mutated

WILD = Path(__file__).resolve().parents[2] / "data" / "wild"
BEGUN = datetime(2024, 5, 1, 10, tzinfo=timezone.utc)
UNIX = int(BEGUN.timestamp())
COUNT = 60
UTC = "times without a zone are taken as UTC"


def minute(n):
    return BEGUN + timedelta(minutes=n)


def excel(n):
    return (minute(n) - datetime(1899, 12, 30, tzinfo=timezone.utc)) / timedelta(days=1)


def iso(n):
    return minute(n).isoformat().replace("+00:00", "Z")


def volts(n):
    return 53 + n / 100


def row(n, time=iso, separator=",", point="."):
    values = (f"{volts(n):.2f}", f"{-5 - n / 10:.1f}", f"{23.5}", f"{80 - n // 10}")
    return separator.join([time(n), *(value.replace(".", point) for value in values)])


def table(time=iso, names="time,voltage,current,temperature,soc", separator=",", point="."):
    """A CSV's text."""
    rows = [row(n, time, separator, point) for n in range(COUNT)]
    return "\n".join([names.replace(",", separator), *rows, ""])


def read(tmp_path, data, **options):
    path = tmp_path / "readings.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return readings.read(path, **options)


def check(found, trouble=()):
    """All of the readings, and nothing is said but that."""
    records = found.records
    assert found.utc + records["seconds"][0] == UNIX
    assert (records["seconds"] - records["seconds"][0]).tolist() == [60 * n for n in range(COUNT)]
    assert not records["ms"].any()
    assert records["voltage"].tolist() == [round(1000 * volts(n)) for n in range(COUNT)]
    assert records["current"].tolist() == [-5000 - 100 * n for n in range(COUNT)]
    assert records["temperature"].tolist() == [235] * COUNT
    assert records["soc"].tolist() == [80 - n // 10 for n in range(COUNT)]
    assert found.trouble == list(trouble)


def strftime(form):
    return lambda n: minute(n).strftime(form)


TIMES = {
    "ISO 8601": (iso, False),
    "of one digit": (lambda n: iso(n).replace("Z", ".0Z"), False),
    "of nine digits": (lambda n: iso(n).replace("Z", ".000000000Z"), False),
    "+0000": (lambda n: iso(n).replace("Z", "+0000"), False),
    "+00": (lambda n: iso(n).replace("Z", "+00"), False),
    "a zone": (lambda n: (minute(n + 120)).strftime("%Y-%m-%dT%H:%M:%S+0200"), False),
    "a blank before it": (lambda n: (minute(n + 120)).strftime("%Y-%m-%d %H:%M:%S +02:00"), False),
    "UTC": (strftime("%Y-%m-%d %H:%M:%S UTC"), False),
    "no zone": (strftime("%Y-%m-%d %H:%M:%S"), True),
    "no seconds": (strftime("%Y-%m-%d %H:%M"), True),
    "slashes": (strftime("%Y/%m/%d %H:%M:%S"), True),
    "seconds": (lambda n: str(UNIX + 60 * n), False),
    "seconds with decimals": (lambda n: f"{UNIX + 60 * n}.000", False),
    "seconds as a spreadsheet's": (lambda n: f"{UNIX + 60 * n:.9E}", False),
    "ms": (lambda n: str(1000 * (UNIX + 60 * n)), False),
    "us": (lambda n: str(10**6 * (UNIX + 60 * n)), False),
    "ns": (lambda n: str(10**9 * (UNIX + 60 * n)), False),
    "Excel": (lambda n: f"{excel(n):.8f}", True),
    "a German's": (strftime("%d.%m.%Y %H:%M:%S"), True),
    "of two digits": (strftime("%d.%m.%y %H:%M"), True),
    "rrd2csv's": (strftime("%d.%m.%Y-%H:%M:%S"), True),
    "in words": (strftime("%d %B %Y %H:%M:%S UTC"), False),
    "an American's words": (strftime('"%B %d, %Y, %I:%M:%S %p UTC"'), False),
    "ctime": (strftime("%a %b %d %H:%M:%S %Y"), True),
}


@pytest.mark.parametrize("kind", TIMES)
def test_times(tmp_path, kind):
    time, is_local = TIMES[kind]
    check(read(tmp_path, table(time)), [UTC] if is_local else [])


@pytest.mark.parametrize("half", ["%H:%M:%S", "%I:%M:%S %p", "%I:%M %p"])
def test_day_or_month_first(tmp_path, half):
    """As the numbers show; what nothing shows has to be said, and is never guessed."""
    british, american = strftime("%d/%m/%Y " + half), strftime("%m/%d/%Y " + half)
    for time in (british, american):
        with pytest.raises(PacklogError, match="say --dates day-first or month-first"):
            read(tmp_path, table(time))
    check(read(tmp_path, table(british), day_first=True), [UTC])
    check(read(tmp_path, table(american), day_first=False), [UTC])


def test_one_day_follows_the_other(tmp_path):
    """01/05 23:59 and 02/05 00:00 are a minute apart, and not a month."""
    for form in ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"):
        rows = [f"{minute(n):{form}},53" for n in range(0, 3000, 10)]
        found = read(tmp_path, "time,voltage\n" + "\n".join(rows))
        assert found.utc == UNIX and found.records["seconds"][-1] == 60 * 2990
    rows = [f"{minute(n * 1440):%d/%m/%Y %H:%M},53" for n in range(40)]  # a 13th is among them
    assert read(tmp_path, "time,voltage\n" + "\n".join(rows)).utc == UNIX


SPREADSHEETS = {
    "semicolons": table(separator=";"),
    "tabs": table(separator="\t"),
    "sep=": "sep=;\r\n" + table(separator=";").replace("\n", "\r\n"),
    "decimal commas": table(separator=";", point=","),
    "decimal commas, tabs": table(separator="\t", point=","),
    "in quotes": table(separator='","').replace("\n", '"\n"').join(['"', ""])[:-1],
    "commas in quotes": "\n".join(
        ['"time","voltage","current","temperature","soc"']
        + ['"' + row(n, separator='","', point=",") + '"' for n in range(COUNT)]
    ),
    "empty columns behind": table().replace("\n", ",,\n").replace("\n,,\n", "\n"),
    "a blank line at the end": table() + "\n\n",
    "blanks": table(separator=" , "),
    "a mark": b"\xef\xbb\xbf" + table().encode(),
    "UTF-16": table(separator="\t").encode("utf-16"),
    "Windows-1252": table(
        names="time,voltage,current,temperature [°C],soc", separator=";", point=","
    ).encode("cp1252"),
    "units in values": table().replace(",23.5,", " A,23.5 °C,").replace("0,-", "0 V,-").encode(),
    "comments": "# exported\n# by hand\n" + table(),
    "bars": table(separator="|"),
}


@pytest.mark.parametrize("kind", SPREADSHEETS)
def test_spreadsheets(tmp_path, kind):
    check(read(tmp_path, SPREADSHEETS[kind]))


def test_a_german_s_spreadsheet(tmp_path):
    names = "Zeit,Spannung [V],Strom [A],Temperatur [°C],Ladezustand [%]"
    text = table(strftime("%d.%m.%Y %H:%M:%S"), names, ";", ",")
    check(read(tmp_path, text.encode("cp1252")), [UTC])
    text = table(lambda n: f"{excel(n):.8f}".replace(".", ","), names, ";", ",")
    check(read(tmp_path, text), [UTC])


def test_dates_with_slashes_where_the_decimals_have_commas(tmp_path):
    text = table(strftime("%d/%m/%Y %H:%M"), separator=";", point=",")
    check(read(tmp_path, text), [UTC])


def test_a_title_above(tmp_path):
    text = "A battery\n\n" + table()
    check(read(tmp_path, text), ["left out: 1 lines before the names of the columns"])


def test_a_date_and_a_clock(tmp_path):
    text = table(strftime("%Y-%m-%d,%H:%M:%S"), "Date,Time,voltage,current,temperature,soc")
    check(read(tmp_path, text), [UTC])


NAMES = {
    "voltage [V],current [A],temperature [°C],soc [%]": (),
    "Voltage (V),Current (A),Temperature (°C),SOC (%)": (),
    "voltage_v,current_a,temperature_c,soc_percent": (),
    "U in V,I in A,Temp in °C,SoC in %": (),
    "Voltage/V,Current/A,Temp/°C,SOC/%": (),
    "Battery Voltage,Battery Current,Battery Temperature,Battery SoC": (),
    "house_voltage,house_current,house_temperature,house_soc": (),
    "sensor.jk_bms_total_voltage,sensor.jk_bms_current,sensor.jk_bms_temperature_sensor_1,"
    "sensor.jk_bms_state_of_charge": (),
    "batmon.voltage,batmon.current,batmon.temperature,batmon.soc": (),
    "V_PACK,I_PACK,TEMP,SOC": (),
    "Batteriespannung [V],Batteriestrom [A],Batterietemperatur [°C],Ladezustand [%]": (),
    "U / V,I / A,T / °C,SOC / %": (),
    "Vtot,curr,temp1,SOC": (),
    'voltage {pack="a"},current {pack="a"},temperature {pack="a"},soc {pack="a"}': (),
}


@pytest.mark.parametrize("names", NAMES)
def test_names(tmp_path, names):
    texts = ",".join('"' + name.replace('"', '""') + '"' for name in names.split(","))
    check(read(tmp_path, table(names="time," + texts)))


@pytest.mark.parametrize(
    "name",
    [
        "Time",
        "timestamp",
        "_time",
        "Date",
        "last_changed",
        "ts_ms",
        "Time (UTC)",
        "time [s]",
        "Date (YYYY-MM-DD HH:MM:SS)",
    ],
)
def test_names_of_the_time(tmp_path, name):
    check(read(tmp_path, table(names=name + ",voltage,current,temperature,soc")))


def test_other_units(tmp_path):
    text = "time,voltage [mV],current_ma,temperature (°F),min cell voltage [mV],cell 1,cell 2\n"
    found = read(
        tmp_path, text + f"{UNIX},53250,-1500,77,3300,3310,3320\n{UNIX + 1},53000,1,32,,,\n"
    )
    records = found.records
    assert records["voltage"].tolist() == [53250, 53000]
    assert records["current"].tolist() == [-1500, 1]
    assert records["temperature"].tolist() == [250, 0]
    assert records["mv"].tolist() == [[3310, 3320], [0, 0]]
    assert records["max_mv"].tolist()[0] == 3320
    assert found.trouble == []


@pytest.mark.parametrize(
    "form",
    ["cell_voltage_{}", "Cell {} [V]", "U{:02}", "voltage_cell{:03}", "CELL_{:02}_V", "cellvolt{}"],
)
def test_a_column_a_cell(tmp_path, form):
    names = ",".join(form.format(n) for n in range(1, 17))
    rows = [f"{UNIX + 60 * i}," + ",".join(f"3.3{n:02}" for n in range(16)) for i in range(3)]
    found = read(tmp_path, f"time,{names}\n" + "\n".join(rows))
    assert found.cells == 16 and found.trouble == []
    assert found.records["mv"].tolist() == [[3300 + n for n in range(16)]] * 3
    assert found.records["min_cell"].tolist() == [0] * 3


def test_cells_that_count_from_0(tmp_path):
    found = read(tmp_path, f"time,cell_0,cell_1,cell_2\n{UNIX},3.300,3.310,3.320\n")
    assert found.records["mv"].tolist() == [[3300, 3310, 3320]]
    assert found.trouble == []


def test_thousands_of_a_german_s_spreadsheet(tmp_path):
    text = f"Zeit;Spannung [mV];Strom [mA]\n{UNIX};53.250;-1.200,4\n{UNIX + 1};53.240;800\n"
    records = read(tmp_path, text).records
    assert records["voltage"].tolist() == [53250, 53240]
    assert records["current"].tolist() == [-1200, 800]


def test_a_minus_as_it_is_typeset(tmp_path):
    check(read(tmp_path, table().replace("-5", "\u22125").replace("-6", "\u22126")))


def test_what_is_not_taken_is_said(tmp_path):
    text = "reading,time,voltage,power,voltage [A],inverter voltage,current [Ah]\n"
    found = read(tmp_path, text + f"1,{UNIX},53,100,1,230,5\n")
    assert found.trouble == [
        "columns left out: 'power', 'voltage [A]', 'inverter voltage', 'current [Ah]'"
    ]


@pytest.mark.parametrize("names", ["voltage,voltage", "voltage,Voltage", "U [V],Spannung"])
def test_two_columns_of_the_same(tmp_path, names):
    with pytest.raises(PacklogError, match=r"readings.csv: .* are both voltage: leave one of them"):
        read(tmp_path, f"time,{names}\n{UNIX},53,54\n")


def test_our_own_name_wins(tmp_path):
    found = read(tmp_path, f"time,Spannung,voltage\n{UNIX},53,54\n")
    assert found.records["voltage"].tolist() == [54000]
    assert found.trouble == ["columns left out: 'Spannung'"]


def test_newest_first(tmp_path):
    lines = table().splitlines()
    text = "\n".join([lines[0], *reversed(lines[1:])])
    check(read(tmp_path, text), ["the newest row comes first: read from the last to the first"])


def test_in_no_order(tmp_path):
    lines = table().splitlines()
    lines[1:] = [lines[1 + 7 * i % COUNT] for i in range(COUNT)]
    found = read(tmp_path, "\n".join(lines))
    check(found, ["the rows are in no order: sorted by their times"])


@pytest.mark.parametrize("step", [1, 5, 0.5, 60])
def test_elapsed_seconds_are_no_dates(tmp_path, step):
    text = "time,voltage\n" + "".join(f"{i * step},53\n" for i in range(100))
    with pytest.raises(PacklogError, match="its times are not dates but count from some start"):
        read(tmp_path, text)


def test_a_time_without_a_date_is_not_today_s(tmp_path):
    with pytest.raises(PacklogError, match="no reading in it: 2 rows left out whose time is not"):
        read(tmp_path, "time,voltage\n10:00:00,53\n10:00:05,53\n")
    with pytest.raises(PacklogError, match="no reading in it: 1 rows left out whose time is not"):
        read(tmp_path, "time,voltage\n1 May 10:00,53\n")
    with pytest.raises(PacklogError, match="no reading in it: 1 rows left out whose time is not"):
        read(tmp_path, "time,voltage\n1 May 2024 10:00 XYZT,53\n")


HOME_ASSISTANT = """\
entity_id,state,last_changed
sensor.house_voltage,53.25,2024-05-01T10:00:00.100Z
sensor.house_voltage,53.50,2024-05-01T10:01:00.100Z
sensor.house_voltage,unavailable,2024-05-01T10:03:00.000Z
sensor.house_current,-5.0,2024-05-01T10:00:00.300Z
sensor.house_current,-6.0,2024-05-01T10:02:00.000Z
sensor.house_power,12,2024-05-01T10:02:00.000Z
"""
INFLUX = """\
#group,false,false,true,true,false,false,true,true,true
#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string,string
#default,mean,,,,,,,,
,result,table,_start,_stop,_time,_value,_field,_measurement,device
,,0,2024-05-01T00:00:00Z,2024-05-02T00:00:00Z,2024-05-01T10:00:00Z,53.25,voltage,batmon,jk
,,0,2024-05-01T00:00:00Z,2024-05-02T00:00:00Z,2024-05-01T10:01:00Z,53.50,voltage,batmon,jk

#group,false,false,true,true,false,false,true,true,true
#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,double,dateTime:RFC3339,string,string,string
#default,mean,,,,,,,,
,result,table,_start,_stop,_value,_time,_field,_measurement,device
,,1,2024-05-01T00:00:00Z,2024-05-02T00:00:00Z,-5.0,2024-05-01T10:00:00Z,current,batmon,jk
,,1,2024-05-01T00:00:00Z,2024-05-02T00:00:00Z,-6.0,2024-05-01T10:02:00Z,current,batmon,jk
"""
GRAFANA = """\
"Series";"Time";"Value"
"voltage";"2024-05-01T10:00:00+00:00";"53,25"
"voltage";"2024-05-01T10:01:00+00:00";"53,50"
"current";"2024-05-01T10:00:00+00:00";"-5,0"
"current";"2024-05-01T10:02:00+00:00";"-6,0"
"""


@pytest.mark.parametrize(
    ("text", "left_out"), [(HOME_ASSISTANT, "sensor.house_power"), (INFLUX, ""), (GRAFANA, "")]
)
def test_a_row_a_value(tmp_path, text, left_out):
    found = read(tmp_path, text)
    assert found.utc == UNIX
    assert found.records["seconds"].tolist()[:3] == [0, 60, 120]
    assert found.records["voltage"].tolist()[:3] == [53250, 53500, 53500]
    assert found.records["current"].tolist()[:3] == [-5000, -5000, -6000]
    if left_out:
        assert found.records["voltage"].tolist()[3] == -(2**31)
        assert found.trouble[0] == f"columns left out: '{left_out}'"
        assert "1 values of voltage count as not known" in found.trouble[1]
    else:
        assert found.trouble == []


def test_two_devices_in_one_export(tmp_path):
    text = INFLUX + INFLUX.replace(",jk\n", ",daly\n").replace("-5.0", "7.0")
    with pytest.raises(PacklogError, match=r"several series are .* \(of batmon daly, batmon jk\)"):
        read(tmp_path, text)


def test_columns_of_influx(tmp_path):
    names = "name,time,voltage,current,temperature,soc"
    rows = [f"batmon,{row(n, lambda n: str(10**9 * (UNIX + 60 * n)))}" for n in range(COUNT)]
    check(read(tmp_path, "\n".join([names, *rows])), ["columns left out: 'name'"])


@pytest.mark.parametrize(
    ("name", "count", "words"),
    [
        ("csv_excel_serial.csv", 12, UTC),
        ("csv_fraction_of_one_digit.csv", 12, ""),
        ("csv_units_in_names.csv", 12, ""),
        ("csv_newest_first.csv", 60, "the newest row comes first"),
    ],
)
def test_what_was_handed_in(name, count, words):
    """tests/data/wild/README.md says what each is."""
    lines = (WILD / name).read_text().splitlines()
    found = readings.read(WILD / name)
    assert len(found) == len(lines) - 1 == count
    assert found.utc == UNIX
    assert set(found.records["voltage"].tolist()) == {53200}
    assert set(found.records["current"].tolist()) == {-5000}
    assert [line for line in found.trouble if not line.startswith(words or "\0")] == []
    if "excel" in name:
        assert found.records["seconds"].tolist()[:4] == [0, 10, 20, 30]


def test_encoded_as_a_board_would(tmp_path):
    house = encoded(tmp_path, WILD / "csv_newest_first.csv")
    rows = csv_of(house)
    assert [row.split(",")[0] for row in rows] == [str(UNIX + 60 * i) for i in range(60)]


def test_on_the_command_line(tmp_path):
    path = tmp_path / "british.csv"
    path.write_text(table(strftime("%d/%m/%Y %H:%M")))
    done = packlog_here("encode", path, "-o", tmp_path / "out")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert "'01/05/2024 10:00' has the day or the month first" in done.stderr
    done = packlog_here("encode", path, "-o", tmp_path / "out", "--dates", "day-first")
    assert done.returncode == 0 and "of 60 readings are in" in done.stderr


@pytest.mark.parametrize(
    "text", ["", "x" * 3000000, '"' + "y\n" * 400000, "time,voltage\n" + "z" * 2000000]
)
def test_what_would_eat_the_memory(tmp_path, text):
    path = tmp_path / "readings.csv"
    path.write_text(text)
    with pytest.raises(PacklogError):
        encode.encode(path, tmp_path / "out", EVERY)


def test_devices_and_pipes(tmp_path, monkeypatch):
    monkeypatch.setattr(inputs, "WRITER_S", 0.05)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, words in ((Path("/dev/zero"), "is a device"), (pipe, "to which nobody writes")):
        with pytest.raises(PacklogError, match=words):
            encode.encode(path, tmp_path / "out", EVERY)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_in_it_a_line_says_what_is_wrong(tmp_path, seed):
    chance = random.Random(seed)
    made = [*SPREADSHEETS.values(), *(table(time) for time, _ in TIMES.values())]
    made += [HOME_ASSISTANT, INFLUX, GRAFANA]
    whole = [data if isinstance(data, bytes) else data.encode() for data in made]
    taken = 0
    for _ in range(60):
        try:
            found = read(tmp_path, mutated(chance.choice(whole), chance))
            taken += 1
            seconds = found.records["seconds"].astype(int)
            assert len(found) and (seconds[1:] >= seconds[:-1]).all()
        except PacklogError as error:
            assert "\n" not in str(error)
    assert taken > 20

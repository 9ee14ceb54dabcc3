"""Makes the spreadsheets of "Your city in an hour": made-up lists as a bureau keeps them.

``python examples/hour/files.py`` writes them into this folder; two runs give the same bytes. Firms called 示例
(example) are made up, and so are all figures of theirs.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import xlsxwriter

HERE = Path(__file__).parent
HEADER = (
    "序号", "企业名称", "统一社会信用代码", "县（市、区）", "产品名称", "产能", "单位", "状态", "投产时间",
    "资料来源", "备注",
)  # fmt: skip
WIDTHS = (6, 34, 22, 12, 20, 10, 10, 10, 14, 40, 26)
CATHODE = "91360902MA00000012"
FOIL = "91360902MA00000025"
SOURCES = {
    "宜春时代": "http://m.hebeiwanbao.cn/sjtt/2022/0107/69973.html",
    "南氏": "https://www.argusmedia.com/zh/news-and-insights/latest-market-news/"
    "1792267-chinese-energy-firms-invest-in-lioh2-production",
    "通瑞": "http://news.cnpowder.com.cn/56332.html",
}
MADE_UP = "演示数据，无网址"
DECEMBER: tuple[tuple[Any, ...], ...] = (
    ("江西永兴特钢新能源科技有限公司", "", "宜丰县", "电池级碳酸锂", 3, "万吨", "已投产", "", "", "一般知识"),
    ("江西南氏锂电新材料有限公司", "", "", "电池级碳酸锂", "6万", "吨/年", "已投产", "", SOURCES["南氏"], ""),
    ("宜春时代新能源科技有限公司", "", "", "方形磷酸铁锂电芯（动力）",
     50, "GWh", "在建", "", SOURCES["宜春时代"], ""),
    ("江西省通瑞新能源科技发展有限公司", "", "高安市", "湿法隔膜基膜",
     "", "", "已投产", "2020年", SOURCES["通瑞"],
     "产能不详，留空"),
    ("宜春示例正极材料有限公司", CATHODE, "袁州区", "磷酸铁锂正极材料",
     "1.2万", "吨", "已投产", "2023年6月", "", MADE_UP),
    ("宜春示例铜箔有限公司", FOIL, "袁州区", "锂电铜箔", 5000, "卷", "已投产", "2022.6", "", MADE_UP),
    ("宜春示例负极材料有限公司", "", "上高县", "人造石墨负极材料",
     "10-12", "千吨", "已投产", dt.date(2022, 6, 1), "", MADE_UP),
    ("宜春示例电芯有限公司", "", "丰城市", "方形磷酸铁锂电芯（动力）", "３", "GWh", "在建", "", "", MADE_UP),
)  # fmt: skip
"""What the bureau knows at the end of 2024: full-width digits, ranges, 万, all kinds of dates, a wrong unit."""


def january() -> tuple[tuple[Any, ...], ...]:
    """Return the list of the next month: grown, started, renamed, new, gone."""
    rows = [list(row) for row in DECEMBER]
    by_name = {row[0]: row for row in rows}
    by_name["宜春示例正极材料有限公司"][4:6] = [24_000, "吨"]
    by_name["宜春示例铜箔有限公司"][0] = "宜春示例新材料有限公司"
    by_name["宜春示例新材料有限公司"] = by_name.pop("宜春示例铜箔有限公司")
    by_name["宜春示例新材料有限公司"][5] = "吨"
    by_name["宜春示例负极材料有限公司"][4:6] = [12_000, "吨"]
    by_name["宜春示例电芯有限公司"][6:8] = ["已投产", "2025年1月"]
    gone = by_name["江西省通瑞新能源科技发展有限公司"]
    new = [
        "宜春示例电解液有限公司",
        "",
        "袁州区",
        "电解液（磷酸铁锂用）",
        8000,
        "吨",
        "在建",
        "",
        "",
        MADE_UP,
    ]
    return (*(tuple(row) for row in rows if row is not gone), tuple(new))


def write_list(name: str, title: str, rows: tuple[tuple[Any, ...], ...]) -> None:
    """Write a list as bureaus keep it: title, remark, header, rows, a row of totals."""
    book = xlsxwriter.Workbook(HERE / name, {"default_date_format": "yyyy-mm-dd"})
    book.set_properties({"created": dt.datetime(2025, 1, 1)})  # noqa: DTZ001  no clock
    look = {"font_name": "宋体", "font_size": 11, "border": 1, "valign": "vcenter"}
    plain = book.add_format(look | {"text_wrap": True})
    date = book.add_format(look | {"num_format": "yyyy-mm-dd", "align": "left"})
    head = book.add_format(look | {"bold": True, "align": "center", "bg_color": "#DDE8F0"})
    sheet = book.add_worksheet("企业产能")
    last = len(HEADER) - 1
    big = book.add_format({"font_name": "黑体", "font_size": 16, "align": "center"})
    sheet.merge_range(0, 0, 0, last, title, big)
    small = book.add_format({"font_name": "宋体", "font_size": 10, "align": "right"})
    sheet.merge_range(1, 0, 1, last, "填报：示例（演示数据，请勿引用）", small)
    for place, (text, width) in enumerate(zip(HEADER, WIDTHS, strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(2, place, text, head)
    for line, row in enumerate(rows, 3):
        sheet.write_number(line, 0, line - 2, plain)
        for place, cell in enumerate(row, 1):
            if isinstance(cell, dt.date):
                sheet.write_datetime(line, place, cell, date)
            else:
                sheet.write(line, place, cell, plain)
    sheet.write_string(len(rows) + 3, 1, "合计", plain)
    sheet.write_string(len(rows) + 3, 4, f"{len(rows)} 项", plain)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    book.close()


def write_names() -> None:
    """Write a list of enterprises as another bureau's system exports it: GB18030."""
    lines = (
        "企业名称,统一社会信用代码,所在地",
        "江西永兴特钢新能源科技公司,,宜春市宜丰县",
        "宜春时代新能源,,宜春市",
        "国轩电池,,宜春市",
        f"宜春市示例正极材料有限责任公司,{CATHODE},宜春市袁州区",
        "宜春示例铜箔,,宜春市袁州区",
        "宜春示例材料公司,,宜春市",
        "江西某某食品有限公司,,宜春市樟树市",
    )
    (HERE / "规上企业名单.csv").write_bytes(("\n".join(lines) + "\n").encode("gb18030"))


def main() -> None:
    """Write all files."""
    write_list("企业产能表.xlsx", "宜春市锂电产业链企业产能统计表（2024年12月）", DECEMBER)
    write_list("企业产能表2025年1月.xlsx", "宜春市锂电产业链企业产能统计表（2025年1月）", january())
    write_names()


if __name__ == "__main__":
    main()

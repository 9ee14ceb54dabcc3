"""Names of enterprises as they are compared letter by letter."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_BRACKETS: Final = str.maketrans("【】〔〕[]{}《》〈〉「」", "()()()()()()()")
_BLANKS: Final = re.compile(r"[\s·•.。,，、\-—_'\"“”‘’]+")
_LEGAL: Final = re.compile(
    r"股份有限责任公司|有限责任公司|股份有限公司|有限公司|股份公司|集团公司|总公司|公司|集团|[()]"
)


_TRADITIONAL: Final = (
    "寧宁時时電电業业鋰锂鋁铝銅铜鋼钢鐵铁鎳镍鈷钴錳锰矽硅貿贸國国華华東东龍龙廣广財财達达聯联產产動动車车機机電电氣气"
    "長长開开發发資资萬万億亿偉伟維维綠绿環环銀银鑫鑫鑽钻鏈链鍊链鑄铸鍛锻鎂镁鋅锌釩钒鎢钨鉬钼鈦钛鎵镓鍺锗錫锡鉛铅銻锑"
    "雲云貴贵陽阳瀋沈濟济濱滨齊齐魯鲁蘇苏浙浙贛赣鄂鄂閩闽遼辽寶宝慶庆樂乐興兴榮荣與与個个體体實实際际術术藝艺專专業业"
    "網网絡络訊讯號号導导線线纜缆輪轮軸轴輕轻轉转軟软硬硬鏡镜燈灯燃燃爐炉熱热爾尔閥阀門门間间閃闪關关閣阁隨随隆隆陸陆"
    "隊队陳陈陰阴險险離离難难雙双雞鸡風风飛飞飲饮飾饰養养餘余館馆馬马駕驾騰腾驅驱驗验體体魚鱼鳥鸟鹽盐麗丽麥麦黃黄點点"
    "黨党齒齿龜龟協协單单卻却廠厂歷历壓压參参叢丛啟启員员問问喬乔嚴严園园圍围圓圆圖图團团執执堅坚場场塊块墊垫壯壮備备"
    "優优傳传債债價价儀仪億亿儲储兒儿兩两內内冊册淨净凱凯別别劉刘劍剑創创劃划劑剂勁劲勞劳務务勝胜勢势匯汇區区升升卓卓"
    "孫孙學学宮宫寫写將将尋寻對对導导層层屬属岡冈島岛峽峡崗岗嶺岭巖岩帥帅師师帶带幣币幹干幾几庫库應应廟庙張张強强彈弹"
    "彎弯彙汇後后從从復复徑径復复德德態态慧慧憶忆懷怀戰战戲戏戶户拋抛挾挟捨舍掃扫掛挂採采揚扬換换損损搖摇攜携擇择擊击"
    "擔担據据擴扩擺摆擁拥攝摄敗败數数斷断時时晉晋暢畅曆历曉晓術术條条來来楊杨楓枫極极構构槍枪標标樞枢樓楼樣样橋桥樹树"
    "檢检檯台櫃柜權权歐欧歲岁歸归殘残殼壳毀毁氫氢氬氩氯氯氮氮漢汉汙污決决沒没況况淺浅淵渊減减測测渾浑湯汤溫温滅灭滬沪"
    "滿满漁渔漲涨潔洁潤润澤泽澱淀濃浓濕湿濟济瀾澜灣湾灑洒災灾為为烏乌無无煉炼煙烟煤煤營营爭争爺爷牆墙狀状獨独獲获獎奖"
    "現现瑪玛瓊琼甌瓯畫画當当療疗瘋疯發发皺皱監监盤盘盧卢眾众睜睁矚瞩矯矫碩硕確确碼码磚砖礦矿礎础禮礼祿禄種种稱称積积"
    "穩稳窮穷競竞筆笔築筑簡简簽签籌筹糧粮係系紀纪約约紅红紋纹納纳純纯紗纱紙纸級级紡纺細细紹绍終终組组結结給给統统絲丝"
    "經经綜综維维緊紧緒绪編编緣缘練练縣县縱纵總总績绩織织繼继續续纖纤羅罗義义習习聖圣聚聚聞闻聲声職职聽听肅肃腦脑膠胶"
    "臨临舉举舊旧艦舰艙舱蘭兰莊庄葉叶蓋盖蔣蒋薩萨藍蓝藥药蘊蕴虛虚處处蝕蚀衛卫裝装製制複复襄襄覽览見见規规視视覺觉觀观"
    "計计訂订記记訓训託托許许設设診诊證证評评試试詩诗話话該该詳详誠诚語语說说課课調调請请論论諾诺謀谋謝谢識识護护譽誉"
    "變变讓让貝贝負负貢贡貨货責责貯贮費费賀贺賓宾賴赖購购贏赢贊赞趙赵跡迹躍跃軍军載载輔辅輝辉輸输辦办農农連连進进運运"
    "過过遊游違违遠远適适選选遺遗還还邁迈郵邮鄉乡鄭郑鄧邓鄰邻醫医釀酿釋释針针鈣钙鈉钠鈞钧鈕钮鉀钾鉑铂銘铭銷销鋒锋鋪铺"
    "錄录錢钱錦锦鍋锅鍵键鎖锁鎮镇鐘钟鑒鉴鑑鉴陝陕陞升階阶韓韩韻韵頂顶項项順顺預预領领頭头題题額额顏颜類类顯显"
)
_SIMPLIFIED: Final = str.maketrans(_TRADITIONAL[::2], _TRADITIONAL[1::2])
"""Traditional characters in names of firms and places -> simplified ones, in pairs."""


def simplified(text: str) -> str:
    """Return a text with the traditional characters of names of firms in simplified script.

    Examples
    --------
    >>> simplified("寧德時代新能源科技股份有限公司")
    '宁德时代新能源科技股份有限公司'
    """
    return text.translate(_SIMPLIFIED)


def normal_text(name: str) -> str:
    """Return a name as it is compared letter by letter.

    Examples
    --------
    >>> normal_text("曲靖 市【Ａ】（集团）有限公司")
    '曲靖市(a)(集团)有限公司'
    """
    text = unicodedata.normalize("NFKC", name).translate(_BRACKETS).casefold()
    text = simplified(text)
    return _BLANKS.sub("", text)


def bare_name(name: str) -> str:
    """Return a name without its legal form and brackets; the whole where nothing else is left.

    Examples
    --------
    >>> bare_name("曲靖市德方纳米科技（集团）有限公司"), bare_name("集团公司")
    ('曲靖市德方纳米科技', '集团公司')
    """
    text = normal_text(name)
    return _LEGAL.sub("", text) or text

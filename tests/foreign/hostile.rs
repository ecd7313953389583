//! Hostile strings, a family for each fault.

/// Each family by the number of its fault. C14 has none: it takes all the others.
pub fn families() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    vec![
        ("C1", c01()),
        ("C2", c02()),
        ("C3", c03()),
        ("C4", c04()),
        ("C5", c05()),
        ("C6", c06()),
        ("C7", c07()),
        ("C8", c08()),
        ("C9", c09()),
        ("C10", c10()),
        ("C11", c11()),
        ("C12", c12()),
        ("C13", c13()),
    ]
}

fn all(texts: impl IntoIterator<Item = impl Into<Vec<u8>>>) -> Vec<Vec<u8>> {
    texts.into_iter().map(Into::into).collect()
}

/// Each sequence between two words.
fn between(sequences: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<Vec<u8>> {
    all(sequences.into_iter().map(|sequence| format!("before{}after", sequence.as_ref())))
}

/// Operating system commands, by introducer and by how they end, or do not.
pub fn c01() -> Vec<Vec<u8>> {
    let payloads = [
        "52;c;aGVsbG8=",
        "52;c;?",
        "52;p;aGVsbG8=",
        "8;;http://evil.example/",
        "8;id=1;http://evil.example/",
        "0;forged",
        "1;forged",
        "2;forged",
        "l;forged",
        "9;forged",
        "99;i=1;forged",
        "777;notify;forged;forged",
        "1337;File=inline=1:AAAA",
        "1337;SetUserVar=a=AAAA",
        "4;1;rgb:00/00/00",
        "10;?",
        "11;#000000",
        "104",
        "133;A",
        "7;file://evil.example/",
        "50;forged",
        "",
    ];
    let mut texts = Vec::new();
    for payload in payloads {
        for opening in ["\x1b]", "\u{9d}"] {
            for ending in ["\x07", "\x1b\\", "\u{9c}", ""] {
                texts.push(format!("before{opening}{payload}{ending}"));
            }
        }
    }
    all(texts)
}

/// Questions that a terminal answers on our standard input.
pub fn c02() -> Vec<Vec<u8>> {
    let mut texts = between([
        "\x1bP$qm\x1b\\",
        "\x1bP+q544e\x1b\\",
        "\x1b[>q",
        "\x1b[?u",
        "\x1bZ",
        "\x05",
        "\x1b]10;?\x07",
        "\x1b]4;1;?\x1b\\",
        "\x1b[0x",
        "\x1b[?996n",
    ]);
    for query in ["c", "0c", ">c", "=c", "5n", "6n", "?6n", "?15n", "21t", "20t", "14t", "18t", "?1$p", "?2026$p", "x"]
    {
        texts.extend(between([format!("\x1b[{query}"), format!("\u{9b}{query}")]));
    }
    texts
}

/// Everything that moves, clears or switches.
pub fn c03() -> Vec<Vec<u8>> {
    let mut texts = between([
        "\x1bc",
        "\x1b#8",
        "\x1b7",
        "\x1b8",
        "\x1bD",
        "\x1bM",
        "\x1bE",
        "\x1bH",
        "\x1b=",
        "\x1b>",
        "\x1bn",
        "\x1b(0",
        "\x1b)B",
        "\x1b%G",
        "\x1b%@",
        "\x1b F",
        "\x1b[!p",
        "\x1b[?1049l\x1b[2J\x1b[H",
    ]);
    for body in [
        "2J", "3J", "J", "K", "2K", "H", "1;1H", "5A", "5B", "5C", "5D", "5E", "5F", "5G", "5d", "5f", "5L", "5M",
        "5P", "5@", "5X", "5S", "5T", "2;3r", "r", "s", "u", "?1049l", "?1049h", "?47h", "?25l", "?25h", "?1000h",
        "?1003h", "?1006h", "?2004l", "?1004h", "?2026h", "?7l", "?6h", "?3h", "4h", "20h", "8;5;5t", "2 q", ">1u",
        "<u", "0z",
    ] {
        texts.extend(between([format!("\x1b[{body}"), format!("\u{9b}{body}")]));
    }
    texts
}

/// C1 controls in both encodings.
pub fn c04() -> Vec<Vec<u8>> {
    let mut texts: Vec<Vec<u8>> = Vec::new();
    for code in 0x80..=0x9F_u8 {
        texts.push(format!("a{}b", char::from(code)).into_bytes());
        texts.push(vec![b'a', code, b'b']);
        texts.push(vec![b'a', code, b'2', b'J', b'b']);
    }
    texts
}

/// Strings with long payloads.
pub fn c05() -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    for (opening, ending) in [
        ("\x1bPtmux;\x1b\x1b]52;c;QQ==\x07", "\x1b\\"),
        ("\x1b_Gf=100,a=T;", "\x1b\\"),
        ("\x1bPq#0;2;0;0;0", "\x1b\\"),
        ("\x1b^", "\x1b\\"),
        ("\x1bX", "\x1b\\"),
        ("\u{90}q", "\u{9c}"),
        ("\u{9f}G", "\u{9c}"),
        ("\u{9e}", "\x07"),
        ("\u{98}", ""),
        ("\x1bP", "\x18"),
        ("\x1b_", "\x1a"),
    ] {
        for length in [0, 10, 4090, 4096, 5000, 100_000] {
            texts.push(format!("{opening}{}{ending}after", "A".repeat(length)));
        }
    }
    all(texts)
}

/// What overwrites a row or begins one of its own.
pub fn c06() -> Vec<Vec<u8>> {
    let breaks = [
        "\r",
        "\r\r",
        "\x0b",
        "\x0c",
        "\u{85}",
        "\u{2028}",
        "\u{2029}",
        "\x1bE",
        "\x1bD",
        "\u{8d}",
        "\u{84}",
        "\x1c",
        "\x1d",
        "\x1e",
        "\x08\x08\x08\x08\x08\x08\x08",
        "g\x08ge\x08en\x08n",
        "\x7f\x7f\x7f",
        "\x1b[G",
        "\x1b[7D",
        "\x1b[1;1H",
        "\x1b[A",
        "\r\x1b[K",
        "\x1b[2K\r",
    ];
    let mut texts = all(breaks.iter().map(|end| format!("genuine{end}forged")));
    // A line feed is a continuation row behind its gutter, or a picture.
    texts.extend(all(["genuine\nforged", "genuine\r\nforged", "genuine\n\rforged", "genuine\n\n\nforged"]));
    texts
}

/// Text that turns around.
pub fn c07() -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    for turn in [
        "\u{202A}", "\u{202B}", "\u{202C}", "\u{202D}", "\u{202E}", "\u{2066}", "\u{2067}", "\u{2068}", "\u{2069}",
        "\u{200E}", "\u{200F}", "\u{61C}",
    ] {
        texts.push(format!("invoice{turn}gpj.exe"));
        texts.push(format!("{turn}unclosed"));
        texts.push(format!("end{turn}"));
    }
    texts.push("\u{2066}".repeat(200));
    all(texts)
}

/// Names that look like `payments`.
pub fn c08() -> Vec<Vec<u8>> {
    let mut texts = all([
        "\u{FEFF}payments",
        "payments\n",
        "payments\r",
        "payments ",
        " payments",
        "payments\t",
        "p\u{430}yments",
        "рауmеntѕ",
        "payments\u{301}",
        "payment\u{FF53}",
        "pay\x1b[mments",
        "pay\x1b[0mments",
        "payments\0",
        "payments\u{FE0F}",
        "payments\u{2800}",
        "payments\u{A0}",
        "payments\u{3000}",
        "payments\x7f",
        "payment\u{455}",
    ]);
    for invisible in [
        "\u{200B}",
        "\u{200C}",
        "\u{200D}",
        "\u{2060}",
        "\u{FEFF}",
        "\u{AD}",
        "\u{34F}",
        "\u{E0070}",
        "\u{E0001}",
        "\u{115F}",
        "\u{1160}",
        "\u{3164}",
        "\u{FFA0}",
        "\u{180E}",
        "\u{17B5}",
        "\u{2063}",
        "\u{E0100}",
        "\u{FE00}",
    ] {
        texts.extend(all([format!("pay{invisible}ments"), format!("payments{invisible}")]));
    }
    texts.push(b"payments\xFF".to_vec());
    texts.push(b"pay\x80ments".to_vec());
    texts
}

/// Marks without measure or base.
pub fn c09() -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    for mark in ["\u{301}", "\u{316}", "\u{488}", "\u{20DD}", "\u{FE20}", "\u{E31}", "\u{64E}", "\u{94D}"] {
        texts.push(format!("e{}", mark.repeat(500)));
        texts.push(format!("{mark}leading"));
        texts.push(format!(" {mark}\t{mark}\x1b[m{mark}\n{mark}"));
    }
    texts.push(format!("漢{}", "\u{301}\u{302}\u{303}".repeat(100)));
    all(texts)
}

/// Wide, joined, selected and ambiguous clusters.
pub fn c10() -> Vec<Vec<u8>> {
    all([
        "漢字かなカナ한글漢字かなカナ한글漢字かなカナ한글漢字かなカナ한글漢字かなカナ한글漢字かなカナ한글漢字かなカナ한글漢字",
        "a漢b字c漢d字e漢f字g漢h字i漢j字k漢l字m漢n字o漢p字q漢r字s漢t字u漢v字w漢x字y漢z字",
        "👨\u{200D}👩\u{200D}👧\u{200D}👦👩🏽\u{200D}🚀🏳\u{FE0F}\u{200D}🌈👍🏽❤\u{FE0F}\u{200D}🔥👨\u{200D}👩\u{200D}👧x👨\u{200D}👩\u{200D}👧",
        "🇩🇪🇫🇷🇯🇵🇩x🇪🇺🇦🇺🇸🇩🇪🇫🇷🇯🇵🇩x🇪🇺🇦🇺🇸🇩🇪🇫🇷🇯🇵🇩x🇪🇺🇦🇺🇸",
        "❤\u{FE0F}❤❤\u{FE0E}⌚\u{FE0E}⌚1\u{FE0F}\u{20E3}#\u{FE0F}\u{20E3}©\u{FE0F}™\u{FE0F}☺\u{FE0F}✈\u{FE0F}⚠\u{FE0F}⚠",
        "±×÷§¶°·→←↑↓⇒∀∂∇∞≠≤≥①②③■□▲△○●☆★♀♂♠♣♥Ωαβγ─│┌┐…‘’“”—",
        "e\u{301}क्तक्षिস্তমनমস্তে กำสวัสดี السلام لا ﷺ ꧅𒐫 ᄀ각 ｶﾞﾊﾟ",
        "🦀\u{301}漢\u{301}\t漢\t👨\u{200D}👩\u{200D}👧\t|\u{202E}漢",
    ])
}

/// Tabs.
pub fn c11() -> Vec<Vec<u8>> {
    let mut texts: Vec<_> = (0..10).map(|column| format!("{}\tx\ty", "a".repeat(column))).collect();
    texts.push("漢\tx".into());
    texts.push("e\u{301}\tx\u{200B}\ty".into());
    texts.push("\t".repeat(10_000));
    texts.push("a\t\n\tb".repeat(1000));
    all(texts)
}

/// Bytes that are no UTF-8, and code points that are no characters.
pub fn c12() -> Vec<Vec<u8>> {
    let mut texts = all([
        &b"\xC0\xAF"[..],
        b"\xC1\xBF",
        b"\xE0\x80\xAF",
        b"\xF0\x80\x80\xAF",
        b"\xF8\x88\x80\x80\x80",
        b"\xFC\x84\x80\x80\x80\x80",
        b"\xED\xA0\x80",
        b"\xED\xBF\xBF",
        b"\xED\xA0\xBD\xED\xB8\x80",
        b"\xF4\x90\x80\x80",
        b"\xF7\xBF\xBF\xBF",
        b"\xFE",
        b"\xFF",
        b"\xE2\x82",
        b"\xF0\x9F\x92",
        b"\xF0\x9F",
        b"\xC3",
        b"\x80",
        b"\xBF\xBF\xBF",
        b"a\xE2\x82b\xE2\x82",
        b"\xC3\x1b[2J",
        b"\x1b]0;\xFF\xC3\x07after",
        b"\x1b[3\xFFm",
        b"\xC2\x1b\x9b2J",
        b"\xC2",
    ]);
    texts.extend(all([
        "\u{FFFE}",
        "\u{FFFF}",
        "\u{FDD0}",
        "\u{1FFFE}",
        "\u{10FFFF}",
        "\u{E000}",
        "\u{F8FF}",
        "\u{100000}",
    ]));
    texts
}

/// Colours in abuse.
pub fn c13() -> Vec<Vec<u8>> {
    let mut texts = vec![
        format!("\x1b[{}mx", "1;".repeat(10_000)),
        format!("\x1b[{}mx", "38;5;1;".repeat(3)),
        "\x1b[31m\x1b[44m".repeat(3000),
        "\x1b[31m漢\x1b[32me\x1b[33m\u{301}".repeat(30),
    ];
    for looks in [
        "8",
        "5",
        "6",
        "30;40",
        "37;47",
        "97;107",
        "38;5;16;48;5;16",
        "38;2;1;1;1;48;2;1;1;1",
        "38;5;0;40",
        "30;48;2;0;0;0",
        "7",
        "7;30;40",
        "1;4;7;9;31;44",
        "31",
        "41",
        "38;2;300;0;0",
        "38",
        "48;5",
        "38;2;1",
        "38:2::1:2:3",
        "4:3",
        "58;5;1",
        "21",
        "53",
        "10",
        "11",
        "99999999999999999999",
        "-1",
        "1;;;;;31",
        ":::",
        "2;3;4;9;100",
    ] {
        texts.push(format!("before\x1b[{looks}munclosed"));
        texts.push(format!("\u{9b}{looks}mrow\nrow"));
    }
    all(texts)
}

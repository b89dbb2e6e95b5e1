/* The looks of the page. Light and dark follow the reader's setting. */
#include "report/page.h"

static const char css[] =
    ":root{color-scheme:light dark;--paper:#f7f8f9;--card:#fff;--ink:#1d2328;--soft:#616c76;--rule:#e1e5e9;"
    "--accent:#0072b2;--tint:#eef5fa}\n"
    "@media(prefers-color-scheme:dark){:root{--paper:#101316;--card:#171b1f;--ink:#e6e9ec;--soft:#98a2ac;"
    "--rule:#2b3238;--accent:#4ea8e0;--tint:#18242d}}\n"
    "*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);"
    "font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;"
    "-webkit-text-size-adjust:100%}\n"
    "main{max-width:1120px;margin:0 auto;padding:3rem 1.5rem 4rem}\n"
    "h1{font-size:2rem;line-height:1.2;letter-spacing:-.02em;margin:0 0 .35rem;overflow-wrap:anywhere}\n"
    "h2{font-size:1.2rem;letter-spacing:-.01em;margin:3rem 0 .9rem}h2+p{margin:-.55rem 0 1rem;max-width:46rem}\n"
    "h3{font-size:1rem;margin:1.6rem 0 .6rem}p{margin:0 0 1rem;text-wrap:pretty}\n"
    ".soft,h2+p{color:var(--soft)}.small,h2+p{font-size:.9rem}a{color:var(--accent)}\n"
    ".kind{color:var(--accent);font-size:.8rem;font-weight:600;letter-spacing:.08em;text-transform:uppercase;"
    "margin:0 0 .5rem}\n"
    ".card,.tiles,.notes{background:var(--card);border:1px solid var(--rule);border-radius:10px}\n"
    ".card{padding:1rem 1.1rem;overflow-x:auto}\n"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(158px,1fr));gap:1px;"
    "overflow:hidden;margin-top:1.8rem}.tile{outline:1px solid var(--rule);padding:.95rem 1.15rem}\n"
    ".tile b{display:block;font-size:1.5rem;font-weight:600;letter-spacing:-.02em;line-height:1.3;"
    "font-variant-numeric:tabular-nums;white-space:nowrap}.tile "
    "small{font-size:.9rem;font-weight:400;letter-spacing:0}.tile "
    "span{display:block;color:var(--soft);font-size:.83rem;line-height:1.4}\n"
    ".plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr));gap:1rem}"
    ".three{grid-template-columns:repeat(auto-fill,minmax(min(100%,310px),1fr))}.card "
    "svg{display:block;width:100%}.card+.card{margin-top:1rem}.plots .card+.card,.strips .card+.card{margin-top:0}\n"
    "table{border-collapse:collapse;width:100%;font-size:.92rem;font-variant-numeric:tabular-nums}"
    "th,td{padding:.42rem .8rem;text-align:left;vertical-align:baseline;border-bottom:1px solid var(--rule)}"
    "th{color:var(--soft);font-weight:500;white-space:nowrap}thead th{vertical-align:bottom}"
    "tbody th{color:var(--ink);font-weight:600}"
    ".n{text-align:right;white-space:nowrap}.n i{font-style:normal;color:var(--soft);font-size:.85em}"
    "tbody tr:last-child>*{border-bottom:0}"
    ".grouped tbody>tr>*{border:0}.grouped tbody{border-top:1px solid var(--rule)}"
    ".grouped tbody:last-child{border-top:2px solid var(--rule)}.grouped thead>tr>*{border:0}"
    "td b{color:var(--accent)}.other{color:var(--soft)}.sheet td{white-space:nowrap}\n"
    ".pairs th,.pairs td{padding:.2rem .8rem .2rem .2rem;border:0;overflow-wrap:anywhere;vertical-align:top}"
    ".pairs tbody th{color:var(--soft);font-weight:400;white-space:normal}"
    ".groups table{table-layout:fixed}.pairs .differs>*{background:var(--tint)}.groups{columns:2 20rem;column-gap:3rem}"
    ".groups>div{break-inside:avoid;padding-bottom:.9rem}.groups h3{margin:0 0 .25rem}\n"
    ".notes{padding:.9rem 1.15rem;margin:1.4rem 0 0;border-left:4px solid var(--accent)}.notes ul{margin:.3rem 0 0;"
    "padding-left:1.2rem}\n"
    "details{margin-top:1rem}summary{cursor:pointer;color:var(--accent);font-size:.92rem}details "
    ".card{margin-top:.7rem}\n"
    ".strips{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0}figcaption{margin-bottom:.6rem}"
    ".strip{display:grid;grid-template-columns:auto minmax(0,1fr);gap:0 .7rem}"
    ".strip .rows{display:grid;grid-template-rows:1fr 1fr;align-items:center;color:var(--soft);font-size:.83rem}"
    ".rows span{writing-mode:vertical-rl;transform:rotate(180deg);text-align:center}"
    ".strip img{display:block;max-width:100%;height:auto;border-radius:6px}\n"
    ".key{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;margin:0 0 1rem;font-size:.9rem}"
    ".key i{display:inline-block;width:.8em;height:.8em;border-radius:3px;margin-right:.45em}\n"
    "footer{margin-top:3.5rem;padding-top:1rem;border-top:1px solid var(--rule)}\n"
    "@media print{body{background:#fff}.card{break-inside:avoid}}\n";

void sep_page_style(sep_text *text)
{
    sep_text_add(text, "<style>\n");
    sep_text_add(text, css);
    sep_text_add(text, sep_plot_css());
    sep_text_add(text, "</style>\n");
}

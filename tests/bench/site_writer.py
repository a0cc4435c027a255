"""Writes a synthetic outreach site for benchmarks: N pages in four sections, tags, feeds, tables, some code."""
import datetime
import pathlib
import random

PHRASES = (
    "志愿者向村民讲解玉米滴灌的要点|同学们在展厅里观察航天器模型|雨后的沙地为什么能长出草|地震预警抢的是几秒到几十秒|"
    "高血压要长期管理而不是吃一阵药|月亮的圆缺来自太阳照亮的方向|农药要按标签的剂量和间隔使用|雷雨天不要在树下躲雨|"
    "煤炉取暖一定要留通风口|5G基站的电磁辐射有国家标准限值|接触牲畜之后要洗手消毒|生熟食品要分开存放"
).split("|")
TAGS = "农技 健康 航天 防灾 生态 气象 食品安全 物理".split()
SECTIONS = {"news": "工作动态", "science": "科普知识", "notices": "通知公告", "reports": "活动报告"}
CODE = "```python\ndef mean(xs):\n    return sum(xs) / len(xs)\n\nprint(mean([24, 210, 7800]))\n```"
TEMPLATES = {
    "base.html": """<!doctype html>
<html lang="{{ lang }}"><head><meta charset="utf-8"><title>{% block title %}{{ config.title }}{% endblock title %}</title>
<link rel="stylesheet" href="{{ get_url(path="site.css") }}"></head>
<body><nav>{% for item in config.extra.menu %}<a href="{{ get_url(path=item.path) }}">{{ item.name }}</a>{% endfor %}</nav>
<main>{% block main %}{% endblock main %}</main></body></html>
""",
    "page.html": """{% extends "base.html" %}
{% block title %}{{ page.title }}{% endblock title %}
{% block main %}<h1>{{ page.title }}</h1><time>{{ page.date | date(format="%Y-%m-%d") }}</time> {{ page.reading_time }}
{% for t in page.taxonomies.tags %}<a href="{{ get_taxonomy_url(kind="tags", term=t) }}">{{ t }}</a>{% endfor %}
<ul>{% for h in page.toc %}<li><a href="{{ h.permalink | safe }}">{{ h.title }}</a></li>{% endfor %}</ul>
{{ page.content | safe }}
{% if page.lower %}<a href="{{ page.lower.permalink | safe }}">{{ page.lower.title }}</a>{% endif %}{% endblock main %}
""",
    "section.html": """{% extends "base.html" %}
{% block main %}<h1>{{ section.title }}</h1><ul>{% for page in paginator.pages %}
<li><a href="{{ page.permalink | safe }}">{{ page.title }}</a> {{ page.summary | safe }}</li>{% endfor %}</ul>
{{ paginator.current_index }} / {{ paginator.number_pagers }}{% endblock main %}
""",
    "index.html": """{% extends "base.html" %}{% block main %}{{ section.content | safe }}{% endblock main %}
""",
    "taxonomy_list.html": """{% extends "base.html" %}{% block main %}{% for term in terms %}
<a href="{{ term.permalink | safe }}">{{ term.name }}</a> {{ term.pages | length }}{% endfor %}{% endblock main %}
""",
    "taxonomy_single.html": """{% extends "base.html" %}{% block main %}<h1>{{ term.name }}</h1>
{% for page in paginator.pages %}<a href="{{ page.permalink | safe }}">{{ page.title }}</a>{% endfor %}{% endblock main %}
""",
}


def paragraph(r):
    return "".join("，".join(r.choices(PHRASES, k=3)) + "。" for _ in range(r.randint(2, 5)))


def body(r):
    parts = [paragraph(r), "<!-- more -->"]
    for i in range(r.randint(3, 5)):
        parts += [f"## {r.choice(PHRASES)}（{i + 1}）", paragraph(r)]
        if r.random() < 0.5:
            parts.append("\n".join(f"- **{r.choice(PHRASES)}**：{r.choice(PHRASES)}。" for _ in range(4)))
        if r.random() < 0.3:
            parts.append("| 项目 | 人次 |\n| --- | ---: |\n" + "\n".join(f"| {t} | {r.randint(1, 9999)} |" for t in TAGS))
    if r.random() < 0.2:
        parts.append(CODE)
    return "\n\n".join(parts) + "\n"


HUGO = {
    "hugo.toml": """baseURL = "https://example.org/"
title = "科普"
languageCode = "zh"
hasCJKLanguage = true
[markup.goldmark.renderer]
unsafe = true
[services.rss]
limit = 20
MENU
""",
    "layouts/_default/baseof.html": """<!doctype html>
<html lang="{{ site.Language.Lang }}"><head><meta charset="utf-8"><title>{{ block "title" . }}{{ site.Title }}{{ end }}</title>
<link rel="stylesheet" href="{{ "site.css" | absURL }}"></head>
<body><nav>{{ range site.Params.menu }}<a href="{{ .path | absURL }}">{{ .name }}</a>{{ end }}</nav>
<main>{{ block "main" . }}{{ end }}</main></body></html>
""",
    "layouts/_default/single.html": """{{ define "title" }}{{ .Title }}{{ end }}
{{ define "main" }}<h1>{{ .Title }}</h1><time>{{ .Date.Format "2006-01-02" }}</time> {{ .ReadingTime }}
{{ range .GetTerms "tags" }}<a href="{{ .Permalink }}">{{ .LinkTitle }}</a>{{ end }}
{{ .TableOfContents }}
{{ .Content }}
{{ with .NextInSection }}<a href="{{ .Permalink }}">{{ .Title }}</a>{{ end }}{{ end }}
""",
    "layouts/_default/list.html": """{{ define "main" }}<h1>{{ .Title }}</h1>{{ $p := .Paginate .RegularPages 20 }}<ul>{{ range $p.Pages }}
<li><a href="{{ .Permalink }}">{{ .Title }}</a> {{ .Summary }}</li>{{ end }}</ul>
{{ $p.PageNumber }} / {{ $p.TotalPages }}{{ end }}
""",
    "layouts/_default/terms.html": """{{ define "main" }}{{ range .Pages }}
<a href="{{ .Permalink }}">{{ .Title }}</a> {{ len .Pages }}{{ end }}{{ end }}
""",
    "layouts/index.html": """{{ define "main" }}{{ .Content }}{{ end }}
""",
}


def articles(pages, seed):
    """Section, name, title, date, tags and body of each page."""
    r = random.Random(seed)
    for i in range(pages):
        section = list(SECTIONS)[i % len(SECTIONS)]
        date = datetime.date(2010, 1, 1) + datetime.timedelta(days=r.randint(0, 5800))
        tags = ", ".join(f'"{t}"' for t in r.sample(TAGS, r.randint(1, 3)))
        title = f"{r.choice(PHRASES)}（第{i}期）"
        yield section, f"p{i:06d}", title, date, tags, body(r)


def putter(folder):
    def put(path, text):
        path = pathlib.Path(folder) / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return put


def write_hugo(folder, pages, seed=7):
    """Writes the same site for Hugo."""
    put = putter(folder)
    menu = "".join(f'[[params.menu]]\nname = "{t}"\npath = "/{s}/"\n' for s, t in SECTIONS.items())
    for name, text in HUGO.items():
        put(name, text.replace("MENU", menu))
    put("static/site.css", "body { margin: auto; max-width: 48rem }\n")
    put("content/_index.md", '+++\ntitle = "首页"\n+++\n\n欢迎。\n')
    for section, title in SECTIONS.items():
        put(f"content/{section}/_index.md", f'+++\ntitle = "{title}"\n+++\n')
    for section, name, title, date, tags, text in articles(pages, seed):
        put(f"content/{section}/{name}.md", f'+++\ntitle = "{title}"\ndate = {date}\ntags = [{tags}]\n+++\n\n{text}')


def write(folder, pages, seed=7):
    """Writes the site; the same arguments give the same bytes."""
    put = putter(folder)
    menu = "".join(f'[[extra.menu]]\nname = "{t}"\npath = "/{s}/"\n' for s, t in SECTIONS.items())
    put("config.toml", 'base_url = "https://example.org"\ntitle = "科普"\ndefault_language = "zh"\ngenerate_feeds = true\n'
        'feed_limit = 20\ntaxonomies = [{name = "tags", feed = true, paginate_by = 20}]\n'
        '[markdown.highlighting]\ntheme = "github-light"\n' + menu)
    for name, text in TEMPLATES.items():
        put(f"templates/{name}", text)
    put("static/site.css", "body { margin: auto; max-width: 48rem }\n")
    put("content/_index.md", '+++\ntitle = "首页"\n+++\n\n欢迎。\n')
    for section, title in SECTIONS.items():
        put(f"content/{section}/_index.md",
            f'+++\ntitle = "{title}"\nsort_by = "date"\npaginate_by = 20\ngenerate_feeds = true\n+++\n')
    for section, name, title, date, tags, text in articles(pages, seed):
        put(f"content/{section}/{name}.md",
            f'+++\ntitle = "{title}"\ndate = {date}\n[taxonomies]\ntags = [{tags}]\n+++\n\n{text}')

// The peer: the order form's untagged twin by LibPDF (@libpdf/core), the library that Documenso uses.
// Usage: node libpdf.mjs OUTLINES.json REGULAR.ttf SEMIBOLD.ttf BATCH [KEY.p12 PASSPHRASE], in a folder whose
// node_modules hold it. With a key it cuts the fonts itself, when it saves, and signs what it has drawn, both as its
// documentation shows; the key is loaded once.
// For each line of its input it draws the next BATCH documents and prints their milliseconds of processor time each.
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { pathToFileURL } from 'node:url';

const [outlines, regular, semibold, batch, key, passphrase] = process.argv.slice(2);
const { PDF, P12Signer, rgb } = await import(pathToFileURL(path.resolve('node_modules/@libpdf/core/dist/index.mjs')).href);
const FONTS = { R: new Uint8Array(fs.readFileSync(regular)), B: new Uint8Array(fs.readFileSync(semibold)) };
const WIDE = 595.28, HIGH = 841.89, MARGIN = 40, WIDTH = WIDE - 2 * MARGIN, TOP = 72, LOW = HIGH - 64;
const hex = (c) => rgb(...[1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16) / 255));
const INK = hex('#1a2327'), SOFT = hex('#56656b'), LINE = hex('#c6cfd2'), WHITE = rgb(1, 1, 1);

function draw(content) {
  const pdf = PDF.create();
  pdf.setTitle(content.title);
  const fonts = { R: pdf.embedFont(FONTS.R), B: pdf.embedFont(FONTS.B) };
  const accent = hex(content.accent);
  const looks = {
    text: ['R', 9, 12, INK, 0], soft: ['R', 9, 12, SOFT, 0], strong: ['B', 9, 12, INK, 0], large: ['B', 24, 28, INK, 0],
    fine: ['R', 9, 10.8, INK, 0], h1: ['B', 13, 18, accent, 0], h2: ['B', 13, 18, accent, 12], h3: ['B', 9, 12, INK, 8],
  };
  const widths = new Map();
  const measure = (text, font, size) => {
    const key = font + text;
    let width = widths.get(key);
    if (width === undefined) widths.set(key, width = fonts[font].getTextWidth(text, 1));
    return width * size;
  };
  const wrap = (text, font, size, room) => text.split('\n').flatMap((paragraph) => {
    const lines = [], space = measure(' ', font, size);
    let line = '', taken = 0;
    for (const word of paragraph.split(' ')) {
      const wide = measure(word, font, size);
      if (line && taken + space + wide > room) { lines.push(line); line = word; taken = wide; }
      else { taken += (line ? space : 0) + wide; line = line ? `${line} ${word}` : word; }
    }
    return [...lines, line];
  });
  let page, number = 0, y = 0;
  const write = (text, x, at, font, size, color) => page.drawText(text, { x, y: HIGH - at, size, font: fonts[font], color });
  const open = () => {
    page = pdf.addPage({ width: WIDE, height: HIGH });
    number += 1;
    y = TOP;
    page.drawCircle({ x: MARGIN + 10, y: HIGH - 36, radius: 10, color: accent });
    page.drawRectangle({ x: MARGIN + 4, y: HIGH - 40, width: 12, height: 1, color: WHITE });
    write(content.brand, MARGIN + 28, 39, 'B', 9, INK);
    write(content.title, WIDE - MARGIN - measure(content.title, 'R', 9), 39, 'R', 9, INK);
    write(content.foot, MARGIN, HIGH - 32, 'R', 9, INK);
    const page_text = `Page ${number}`;
    write(page_text, WIDE - MARGIN - measure(page_text, 'R', 9), HIGH - 32, 'R', 9, INK);
  };
  const need = (height) => { if (y + height > LOW) open(); };
  const paragraph = (text, look, x, room) => {
    const [font, size, leading, color, before] = looks[look];
    y += before;
    for (const line of wrap(text, font, size, room)) { need(leading); y += leading; write(line, x, y - leading * 0.25, font, size, color); }
  };
  const row = (cells, widths, names, right, x) => {
    const laid = cells.map((cell, i) => wrap(cell, looks[names[i]][0], 9, widths[i] - 6));
    const high = Math.max(...laid.map((lines) => lines.length)) * 12 + 6;
    need(high);
    let left = x;
    laid.forEach((lines, i) => {
      const [font, , , color] = looks[names[i]];
      lines.forEach((line, k) => {
        const at = right.includes(i) ? left + widths[i] - 3 - measure(line, font, 9) : left + 3;
        if (line) write(line, at, y + 12 + k * 12, font, 9, color);
      });
      left += widths[i];
    });
    y += high;
    page.drawLine({ start: { x, y: HIGH - y }, end: { x: left, y: HIGH - y }, color: LINE, thickness: 0.5 });
  };
  const blocks = (list, x, room) => {
    for (const [kind, ...rest] of list) {
      if (kind === 'break') open();
      else if (kind === 'columns') {
        const start = y + 12, wide = room / rest[0].length;
        let deepest = start;
        rest[0].forEach((column, i) => { y = start; blocks(column, x + i * wide, wide - 6); deepest = Math.max(deepest, y); });
        y = deepest;
      } else if (kind === 'table') {
        const [given, heads, rows, right] = rest, all = given.reduce((a, b) => a + b), scale = Math.min(1, room / all);
        const widths = given.map((w) => w * scale);
        row(heads, widths, heads.map(() => 'soft'), right, x);
        for (const cells of rows) {
          const strong = cells.at(-1), texts = cells.slice(0, -1);
          row(texts, texts.length === 1 ? [all * scale] : widths, texts.map(() => (strong ? 'strong' : 'text')), right, x);
        }
      } else if (kind === 'pairs') {
        const label = Math.min(180, room * 0.35);
        for (const pair of rest[0]) row(pair, [label, room - label], ['soft', 'text'], [], x);
      } else if (kind === 'code') {
        const module = 80 / rest[0].length;
        rest[0].forEach((line, i) => [...line.matchAll(/1+/g)].forEach((run) => {
          const [x0, y0, width] = [x + run.index * module, HIGH - y - (i + 1) * module, run[0].length * module];
          page.drawRectangle({ x: x0, y: y0, width, height: module, color: INK });
        }));
        y += 80;
      } else paragraph(rest[0], kind, x, room);
    }
  };
  open();
  blocks(content.blocks, MARGIN, WIDTH);
  return pdf;
}

const signer = key && await P12Signer.create(new Uint8Array(fs.readFileSync(key)), passphrase);
const claims = { reason: 'Bon de commande', location: 'Lyon' };
async function render(content) {
  if (!signer) return draw(content).save({ subsetFonts: false });
  const pdf = await PDF.load(await draw(content).save({ subsetFonts: true }));
  return (await pdf.sign({ signer, ...claims })).bytes;
}
const documents = JSON.parse(fs.readFileSync(outlines)), size = Number(batch);
let next = 0;
for await (const _ of readline.createInterface({ input: process.stdin })) {
  const before = process.cpuUsage();
  for (let i = 0; i < size; i += 1) {
    await render(documents[next % documents.length]);
    next += 1;
  }
  const { user, system } = process.cpuUsage(before);
  console.log((user + system) / 1000 / size);
}

// Processor milliseconds of one signature by @documenso/pdf-sign: node documenso.mjs FOLDER FILE KEY.p12 PASSPHRASE RUNS
// As Documenso used it: the file already has its placeholder, the key file is read at each signature, the result is
// written into the placeholder; nothing is read back.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const [folder, file, key, password, runs] = process.argv.slice(2);
const { signWithP12 } = createRequire(folder + '/')('@documenso/pdf-sign');
const document = fs.readFileSync(file);
const cert = fs.readFileSync(key);

const sign = () => {
  const pdf = Buffer.from(document);
  const text = pdf.toString('latin1');
  const start = text.lastIndexOf('/Contents <') + 10;
  const end = text.indexOf('>', start) + 1;
  const content = Buffer.concat([pdf.subarray(0, start), pdf.subarray(end)]);
  const signature = signWithP12({ content, cert, password }).toString('hex');
  pdf.write(signature.padEnd(end - start - 2, '0'), start + 1, 'latin1');
  return pdf;
};

for (let i = 0; i < 5; i += 1) sign();
const times = [];
for (let i = 0; i < Number(runs); i += 1) {
  const before = process.cpuUsage();
  sign();
  const { user, system } = process.cpuUsage(before);
  times.push((user + system) / 1000);
}
times.sort((a, b) => a - b);
console.log(times[Math.floor(times.length / 2)]);

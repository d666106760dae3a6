// Writes much, with characters that would take over a terminal, and ends.
for (let line = 1; line <= 500; line++) process.stderr.write(`noise ${line}\n`)
process.stderr.write('\u001b]0;owned\u0007\u001b[31mred\u001b[0m \u0000\u0008bell\u0007 \u202etfel\r\nlast words\n')
process.exitCode = 1

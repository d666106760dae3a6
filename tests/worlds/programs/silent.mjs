// Runs, and never connects.
process.stderr.write('waiting for a licence server that never answers\n')
setInterval(() => {}, 1_000)

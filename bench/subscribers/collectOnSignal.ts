/** Collects garbage when it is asked to, so that what is resident is what is held. Needs `--expose-gc`. */
process.on('SIGUSR2', () => gc!());

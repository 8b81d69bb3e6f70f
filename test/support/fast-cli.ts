import { processHost } from '../../cli/context.ts';
import { main } from '../../cli/main.ts';
import { fastClock } from './fast-clock.ts';

// The command line on a clock that runs faster: `node fast-cli.ts 60 serve …`.

const [factor, ...args] = process.argv.slice(2);
process.exit(await main(args, { ...processHost(), clock: fastClock(Number(factor)) }));

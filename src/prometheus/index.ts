/** Numbers for Prometheus: the text that it reads. */
export { formatMetrics, type Metric, PROMETHEUS_CONTENT_TYPE } from './format.ts';

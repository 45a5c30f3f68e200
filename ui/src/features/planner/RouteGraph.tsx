import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import type { RouteList, RouteRequest } from '../../ipc/index.ts';
import { type Edge, graphOf } from './graph.ts';
import styles from './RouteGraph.module.css';

interface Props {
  list: RouteList;
  chosen: number;
  request: RouteRequest;
}

const width = 720;
const margin = 76;
const base = 172;
const height = 232;
const level = 40;

/** In place along the line, canaries as arcs above it, refusals dotted. The list beside it says the same. */
export function RouteGraph({ list, chosen, request }: Props) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const { versions, edges } = graphOf(list, chosen, [request.from, request.to]);
  const step = versions.length > 1 ? (width - 2 * margin) / (versions.length - 1) : 0;
  const x = (index: number) => margin + index * step;
  const used = new Set(edges.filter(({ kind }) => kind === 'chosen').flatMap(({ from, to }) => [from, to]));
  const crowded = edges.length > 9;
  const refusal = ({ method, why, refusals = 1 }: Edge) => {
    const word = t(`method.${method ?? 'any'}`);
    if (refusals > 1) return t('planner.refusedArcs', { count: refusals });
    return why
      ? t('planner.refusedArc', { method: word, why: phrase(why) })
      : t('planner.refused', { method: word });
  };

  return (
    <svg
      className={styles.graph}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={t('planner.graph', { from: request.from, to: request.to, count: list.routes.length })}
    >
      {edges.map((edge) => (
        <g
          key={`${edge.from} ${edge.to} ${edge.method} ${edge.kind}`}
          data-kind={edge.kind}
          className={styles.edge}
        >
          <path d={pathOf(edge, x)} />
          {(edge.kind === 'chosen' || !crowded) && (
            <text x={(x(edge.from) + x(edge.to)) / 2} y={labelHeight(edge)}>
              {edge.kind === 'refused' ? refusal(edge) : t(`method.${edge.method ?? 'any'}`)}
            </text>
          )}
        </g>
      ))}
      {versions.map((version, index) => (
        <g key={version} className={styles.node} data-used={used.has(index)}>
          <circle cx={x(index)} cy={base} r="8" />
          <text x={x(index)} y={base + 32} className={styles.version}>
            {version}
          </text>
          <text x={x(index)} y={base + 48} className={styles.note}>
            {version === request.from
              ? t('planner.now')
              : version === request.to
                ? t('planner.target')
                : used.has(index)
                  ? ''
                  : t('planner.notNeeded')}
          </text>
        </g>
      ))}
    </svg>
  );
}

function arcHeight({ from, to, kind }: Edge): number {
  return Math.min(3, Math.abs(to - from)) * level + (kind === 'refused' ? 26 : 0);
}

function isStraight({ method, from, to }: Edge): boolean {
  return method === 'inPlace' && to - from === 1;
}

function pathOf(edge: Edge, x: (index: number) => number): string {
  const [left, right] = [x(edge.from), x(edge.to)];
  if (isStraight(edge)) return `M${left} ${base}H${right}`;
  const top = base - arcHeight(edge) * 1.33;
  const lean = (right - left) * 0.18;
  return `M${left} ${base}C${left + lean} ${top} ${right - lean} ${top} ${right} ${base}`;
}

function labelHeight(edge: Edge): number {
  return isStraight(edge) ? base + 17 : base - arcHeight(edge) - 7;
}

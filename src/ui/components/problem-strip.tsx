import { useGroup, useNodeState } from '../client/context.ts';
import { useProblems } from '../hooks/use-problems.ts';
import { Alert } from './alert.tsx';
import styles from './problem-strip.module.css';

/** All standing problems in one alert, so that a screen reader hears one list and not a chorus. */
export function ProblemStrip({ groupId }: { readonly groupId: string | undefined }) {
  const state = useNodeState();
  const group = useGroup(groupId ?? '');
  const problems = useProblems(state, group);
  if (problems.length === 0) return null;
  return (
    <div className={styles.strip}>
      <Alert>
        {problems.map((problem) => (
          <p key={problem.code}>{problem.text}</p>
        ))}
      </Alert>
    </div>
  );
}

import { Box, Text, useCursor } from 'ink';
import { Pane } from './kit/pane.tsx';
import type { Frame } from './screens/compose.ts';
import type { Theme } from './theme.ts';

/** Puts a composed frame on the screen: it places, and decides nothing. */
export function FrameView({ frame, theme }: { readonly frame: Frame; readonly theme: Theme }) {
  const { setCursorPosition } = useCursor();
  setCursorPosition(frame.cursor ?? undefined);
  if (frame.tooSmall !== null) {
    return (
      <Text key={frame.generation} wrap="truncate">
        {frame.tooSmall}
      </Text>
    );
  }
  return (
    <Box key={frame.generation} flexDirection="column" width={frame.columns} height={frame.height}>
      <Pane rows={frame.top} theme={theme} />
      <Box height={frame.bodyHeight} flexShrink={0}>
        {frame.body.map((column) => (
          <Box
            key={column.blocks.map(({ id }) => id).join(' ')}
            flexDirection="column"
            width={column.width}
            flexShrink={0}
          >
            {column.blocks.map((block) => (
              <Pane key={block.id} rows={block.rows} theme={theme} />
            ))}
          </Box>
        ))}
      </Box>
      {frame.bottom.map((block) => (
        <Pane key={block.id} rows={block.rows} theme={theme} />
      ))}
    </Box>
  );
}
